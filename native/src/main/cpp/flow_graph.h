// The 8-point DCT as the flow graph F of Arai, Agui and Nakajima ("A Fast DCT-SQ Scheme for Images", Trans. IEICE E71,
// 1988), and its exact transpose. The orthonormal DCT is diag(S) F with S[k] = SCALE[k]; the scales are folded into the
// weights, so that the gradient, through the transpose, is the exact adjoint of what the loss computes.
//
// V is a number or a vector with +, -, *, fma(a, b, c) = a b + c, fnma(a, b, c) = c - a b, and difference(a, b) = a - b, for
// which a processor may use a unit that would idle otherwise. 30 instructions each way.
#pragma once

namespace dctloss {

constexpr double SCALE[8] = {0.35355339059327376220, 0.25489778955207958447, 0.27059805007309849220,
                             0.30067244346752264027, 0.35355339059327376220, 0.44998811156820785464,
                             0.65328148243818826393, 1.28145772387075308943};

constexpr float COS_4 = 0.70710678118654752f;       // cos(4 pi / 16)
constexpr float COS_6 = 0.38268343236508977f;       // cos(6 pi / 16)
constexpr float COS_2_LESS = 0.54119610014619698f;  // cos(2 pi / 16) - cos(6 pi / 16)
constexpr float COS_2_MORE = 1.30656296487637653f;  // cos(2 pi / 16) + cos(6 pi / 16)

/// x becomes F x.
template <class V>
DCTLOSS_FUNCTION void transform(V (&x)[8]) {
  const V s0 = x[0] + x[7], d0 = difference(x[0], x[7]), s1 = x[1] + x[6], d1 = difference(x[1], x[6]);
  const V s2 = x[2] + x[5], d2 = difference(x[2], x[5]), s3 = x[3] + x[4], d3 = difference(x[3], x[4]);
  const V e0 = s0 + s3, e3 = difference(s0, s3), e1 = s1 + s2, e2 = difference(s1, s2);
  const V turn = e2 + e3;
  const V o0 = d3 + d2, o1 = d2 + d1, o2 = d1 + d0;
  const V both = (o0 - o2) * DCTLOSS_CONSTANT(V, COS_6);
  const V low = fma(o0, DCTLOSS_CONSTANT(V, COS_2_LESS), both), high = fma(o2, DCTLOSS_CONSTANT(V, COS_2_MORE), both);
  const V more = fma(o1, DCTLOSS_CONSTANT(V, COS_4), d0), less = fnma(o1, DCTLOSS_CONSTANT(V, COS_4), d0);
  x[0] = e0 + e1;
  x[4] = difference(e0, e1);
  x[2] = fma(turn, DCTLOSS_CONSTANT(V, COS_4), e3);
  x[6] = fnma(turn, DCTLOSS_CONSTANT(V, COS_4), e3);
  x[5] = less + low;
  x[3] = difference(less, low);
  x[1] = more + high;
  x[7] = difference(more, high);
}

/// x becomes F^T x: the same graph, every arrow reversed.
template <class V>
DCTLOSS_FUNCTION void transform_transposed(V (&x)[8]) {
  const V more = x[1] + x[7], high = difference(x[1], x[7]), less = x[5] + x[3], low = difference(x[5], x[3]);
  const V both = (low + high) * DCTLOSS_CONSTANT(V, COS_6);
  const V o0 = fma(low, DCTLOSS_CONSTANT(V, COS_2_LESS), both);
  const V o2 = fma(high, DCTLOSS_CONSTANT(V, COS_2_MORE), -both);
  const V turned = difference(more, less);
  const V d0 = (more + less) + o2;
  const V d1 = fma(turned, DCTLOSS_CONSTANT(V, COS_4), o2), d2 = fma(turned, DCTLOSS_CONSTANT(V, COS_4), o0);
  const V turn = difference(x[2], x[6]);
  const V e3 = fma(turn, DCTLOSS_CONSTANT(V, COS_4), x[2] + x[6]), e0 = x[0] + x[4], e1 = difference(x[0], x[4]);
  const V s0 = e0 + e3, s3 = difference(e0, e3);
  const V s1 = fma(turn, DCTLOSS_CONSTANT(V, COS_4), e1), s2 = fnma(turn, DCTLOSS_CONSTANT(V, COS_4), e1);
  x[0] = s0 + d0;
  x[7] = difference(s0, d0);
  x[1] = s1 + d1;
  x[6] = difference(s1, d1);
  x[2] = s2 + d2;
  x[5] = difference(s2, d2);
  x[3] = s3 + o0;
  x[4] = difference(s3, o0);
}

}  // namespace dctloss
