package org.dctloss.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The header of a .npy file: a Python dictionary literal with the keys descr, fortran_order and shape. This is a strict
 * reader of that literal: whatever else stands there is an {@link IllegalArgumentException} that says what.
 *
 * @param descr NumPy's name of the data type, such as "<f4"; "a structured type" where it is a list
 * @param fortranOrder whether the first axis varies fastest
 * @param shape sizes of the axes, none negative
 */
record NpyHeader(String descr, boolean fortranOrder, long[] shape) {
    private static final List<String> KEYS = List.of("descr", "fortran_order", "shape");

    static NpyHeader parse(String text) {
        return new Reader(text).dictionary();
    }

    /** "(2, 3, 8, 8)", as Python writes it. */
    static String tuple(long[] shape) {
        String inner = Arrays.toString(shape).replace("[", "").replace("]", "");
        return "(" + inner + (shape.length == 1 ? ",)" : ")");
    }

    private static final class Reader {
        private static final char END = '\0';

        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        NpyHeader dictionary() {
            String descr = null;
            Boolean fortranOrder = null;
            long[] shape = null;
            Set<String> seen = new HashSet<>();
            take('{');
            while (peek() != '}') {
                String key = string();
                if (!KEYS.contains(key) || !seen.add(key)) {
                    throw new IllegalArgumentException("key '" + key + "' is unknown or there twice");
                }
                take(':');
                switch (key) {
                    case "descr" -> descr = descr();
                    case "fortran_order" -> fortranOrder = bool();
                    default -> shape = integers();
                }
                if (peek() == ',') {
                    at++;
                } else if (peek() != '}') {
                    throw unexpected("a comma or '}'");
                }
            }
            take('}');
            if (peek() != END) {
                throw unexpected("the end");
            }
            if (descr == null || fortranOrder == null || shape == null) {
                throw new IllegalArgumentException("one of the keys " + String.join(", ", KEYS) + " is missing");
            }
            return new NpyHeader(descr, fortranOrder, shape);
        }

        private char peek() {
            while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
            return at < text.length() ? text.charAt(at) : END;
        }

        private void take(char expected) {
            if (peek() != expected || at == text.length()) {
                throw unexpected("'" + expected + "'");
            }
            at++;
        }

        private IllegalArgumentException unexpected(String expected) {
            return new IllegalArgumentException("expected " + expected + " at character " + at);
        }

        private String string() {
            char quote = peek();
            int end = quote == '\'' || quote == '"' ? text.indexOf(quote, at + 1) : -1;
            if (end < 0) {
                throw unexpected("a quoted string");
            }
            String value = text.substring(at + 1, end);
            at = end + 1;
            return value;
        }

        // The list of a structured type is refused by its name later, so it only has to be stepped over.
        private String descr() {
            if (peek() != '[') {
                return string();
            }
            int end = text.lastIndexOf(']');
            if (end < at) {
                throw unexpected("a list that ends");
            }
            at = end + 1;
            return "a structured type";
        }

        private boolean bool() {
            peek();
            for (boolean value : new boolean[] {true, false}) {
                String name = value ? "True" : "False";
                if (text.startsWith(name, at)) {
                    at += name.length();
                    return value;
                }
            }
            throw unexpected("True or False");
        }

        private long[] integers() {
            List<Long> values = new ArrayList<>();
            take('(');
            while (peek() != ')') {
                values.add(integer());
                if (peek() == ',') {
                    at++;
                } else if (peek() != ')') {
                    throw unexpected("a comma or ')'");
                }
            }
            take(')');
            return values.stream().mapToLong(Long::longValue).toArray();
        }

        private long integer() {
            peek();
            int start = at;
            while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                at++;
            }
            if (at == start || at - start > 18) {
                throw new IllegalArgumentException("expected a size of 1 to 18 digits at character " + start);
            }
            return Long.parseLong(text.substring(start, at));
        }
    }
}
