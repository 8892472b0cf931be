// As much JSON as the results need.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>

namespace json {

inline std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return out + '"';
}

inline std::string value(const char* text) { return quoted(text); }
inline std::string value(const std::string& text) { return quoted(text); }
inline std::string value(bool b) { return b ? "true" : "false"; }
inline std::string value(int number) { return std::to_string(number); }
inline std::string value(int64_t number) { return std::to_string(number); }
inline std::string value(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", number);
  return std::isfinite(number) ? text : "null";
}

/// Members of an object, or elements of an array, in order.
class Builder {
 public:
  explicit Builder(char open) : text_(1, open), close_(open == '{' ? '}' : ']') {}

  template <class T>
  Builder& add(const char* name, const T& member) {
    return raw(quoted(name) + ":" + value(member));
  }
  Builder& nested(const char* name, const Builder& member) { return raw(quoted(name) + ":" + member.text()); }
  Builder& element(const Builder& member) { return raw("\n" + member.text()); }

  std::string text() const { return text_ + close_; }

 private:
  Builder& raw(const std::string& member) {
    text_ += (text_.size() > 1 ? "," : "") + member;
    return *this;
  }

  std::string text_;
  char close_;
};

}  // namespace json
