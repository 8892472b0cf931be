// The loss over block rows: pixels from the views to the kernels of fused.h and matrix.h, and gradients back.
#pragma once

#include "fused.h"
#include "lines.h"
#include "matrix.h"
#include "workspace.h"

namespace dctloss {
namespace {

/// How far ahead of the work pixels are fetched from memory, in blocks.
constexpr int AHEAD_BLOCKS = 64;

/// The loss of one thread's items.
class LossStrips {
 public:
  LossStrips(const Job& job, void* scratch, const float* p, const float* t, float* g, float* tg, float* map)
      : job_(job),
        scratch_carver_(scratch),
        scratch_(job, scratch_carver_),
        constants_carver_(pointer(job.constants)),
        constants_(job, constants_carver_),
        map_(map) {
    const View* views[4] = {&job.prediction, &job.target, &job.gradient, &job.target_gradient};
    const float* arrays[4] = {p, t, g, tg};
    unit_strides_ = true;
    for (int i = 0; i < 4; i++) {
      views_[i] = views[i];
      arrays_[i] = arrays[i];
      present_[i] = arrays[i] != nullptr || views[i]->address != 0;
      unit_strides_ &= !present_[i] || views[i]->stride_w == 1 || job.w == 1;
    }
    gradients_ = present_[2] || present_[3];
    const bool ragged = job.start_y != 0 || job.start_x != 0 || job.h % job.block != 0 || job.w % job.block != 0;
    const bool accumulate = (job.flags & ACCUMULATE) != 0;
    // Reflected copies can lie in another block row than their pixel: then everything is added.
    clears_ = ragged && !accumulate && (job.edge == REFLECT || job.edge == CROP);
    const bool add = accumulate || (ragged && job.edge == REFLECT);
    stream_ = (job.flags & STREAM) != 0;
    prefetch_ = stream_ || (job.flags & PREFETCH) != 0;
    store_ = add ? Store::ADD : stream_ ? Store::STREAM : Store::OVERWRITE;
    if (job.block == 8) {
      const auto run = [&](bool from_memory) {
        return job.coefficients == SIGNED ? choose<SIGNED>(job.penalty, gradients_, from_memory)
                                          : choose<MAGNITUDE>(job.penalty, gradients_, from_memory);
      };
      run_in_cache_ = run(false);
      run_from_memory_ = run(true);
      pass_.weights = nullptr;
      pass_.penalty = job.penalty;
      pass_.parameter = job.parameter;
      const auto parameter = static_cast<float>(job.parameter);
      pass_.first = job.penalty == CHARBONNIER ? parameter / 2 : parameter;
      pass_.second = job.penalty == CHARBONNIER ? parameter * parameter / 2 : -parameter;
      for (int i = 0; job.planes == 3 && i < 8 * scratch_.stride; i++) {
        scratch_.zeros[i] = 0;
      }
    }
  }

  void process(int32_t from, int32_t to) {
    if (from >= to) {
      return;
    }
    Item item(job_, from);
    const int64_t distance = 1 + (AHEAD_BLOCKS - 1) / job_.columns;
    // Beyond this call's items, too: the next call's are likely to follow.
    const int32_t last = job_.n * (job_.c / job_.planes) * job_.rows - 1;
    const int32_t ahead = distance < last - from ? static_cast<int32_t>(from + distance) : last;
    later_ = Item(job_, ahead);
    int32_t left_ahead = last - ahead;
    for (int32_t number = from; number < to; number++) {
      if (clears_) {
        clear_uncovered(item);
      }
      for (double& sum : totals_) {
        sum = 0;
      }
      if (job_.block == 8) {
        fused(item);
      } else {
        matrix(item);
      }
      for (int plane = 0; plane < job_.planes; plane++) {
        static_cast<double*>(pointer(job_.sums))[index(item, plane)] = totals_[plane];
      }
      item.advance(job_);
      if (left_ahead > 0) {
        later_.advance(job_);
        left_ahead--;
      }
    }
    if (stream_) {
      end_of_stream();
    }
  }

 private:
  int channel(const Item& item, int plane) const { return job_.planes == 3 ? plane : item.first_channel; }

  /// Where an item's plane stands in the order (n, c, row).
  int64_t index(const Item& item, int plane) const {
    return (int64_t{item.n} * job_.c + channel(item, plane)) * job_.rows + item.row;
  }

  Plane view(int i, const Item& item, int plane) const {
    Plane found = dctloss::plane(*views_[i], arrays_[i], item.n, channel(item, plane));
    // The stride of a single column means nothing.
    found.stride_x = job_.w == 1 ? 1 : found.stride_x;
    return found;
  }

  /// Pixels that no block overwrites: those outside all blocks (CROP), or all of a plane where all is added (REFLECT).
  void clear_uncovered(const Item& item) const {
    for (int i = 2; i < 4; i++) {
      for (int plane = 0; present_[i] && plane < job_.planes; plane++) {
        const Plane to = view(i, item, plane);
        if (job_.edge == REFLECT) {
          if (item.row == 0) {
            clear(to, 0, job_.h, 0, job_.w);
          }
          continue;
        }
        const int64_t bottom = item.y + job_.block;
        if (item.row == 0) {
          clear(to, 0, item.y, 0, job_.w);
        }
        clear(to, item.y, bottom, 0, job_.start_x);
        clear(to, item.y, bottom, job_.start_x + int64_t{job_.columns} * job_.block, job_.w);
        if (item.row == job_.rows - 1) {
          clear(to, bottom, job_.h, 0, job_.w);
        }
      }
    }
  }

  double gradient_scale(const Item& item) const {
    const double* each = static_cast<const double*>(pointer(job_.sample_scales));
    // 0 and -0 are one factor.
    return (each == nullptr ? job_.scale : job_.scale * each[item.n]) + 0.0;
  }

  int table(const Item& item, int plane) const { return job_.tables == 1 ? 0 : channel(item, plane); }

  Window window(const Item& item, int first_block, int blocks) const {
    return {job_.edge, job_.h, job_.w, item.y, job_.start_x + int64_t{first_block} * job_.block, job_.block,
            blocks * job_.block};
  }

  /// (x0, x1, x2) becomes M (x0, x1, x2).
  template <class T>
  static void rotate(T* const (&x)[3], const double (&m)[9], int count) {
    T f[9];
    for (int i = 0; i < 9; i++) {
      f[i] = static_cast<T>(m[i]);
    }
    T *__restrict x0 = x[0], *__restrict x1 = x[1], *__restrict x2 = x[2];
    for (int i = 0; i < count; i++) {
      const T v0 = x0[i], v1 = x1[i], v2 = x2[i];
      x0[i] = f[0] * v0 + f[1] * v1 + f[2] * v2;
      x1[i] = f[3] * v0 + f[4] * v1 + f[5] * v2;
      x2[i] = f[6] * v0 + f[7] * v1 + f[8] * v2;
    }
  }

  template <class T>
  void rotate_back(T* const (&x)[3], int count) const {
    double transposed[9];
    for (int i = 0; i < 9; i++) {
      transposed[i] = job_.color[i % 3 * 3 + i / 3];
    }
    rotate(x, transposed, count);
  }

  // ------------------------------------------------------------------------------------------------- the 8x8 kernel

  void fused(const Item& item) {
    Sums sums[3];
    if (job_.planes == 3) {
      for (int first = 0; first < job_.columns; first += CHUNK / 8) {
        const int left = job_.columns - first;
        fused_rotated(item, first, left < CHUNK / 8 ? left : CHUNK / 8, sums);
      }
    } else {
      prepare_pass(item, 0);
      // One order for every layout, because where reflected copies are added the order shows in the last bit: the blocks
      // that reach over the left edge, those inside the image, those that reach over the right edge.
      const bool lines_inside = window(item, 0, 1).lines_inside();
      const int before = !lines_inside ? job_.columns : job_.start_x < 0 ? 1 : 0;
      const int64_t inside = (job_.w - job_.start_x) / 8;
      const int after = inside > before ? static_cast<int>(inside < job_.columns ? inside : job_.columns) : before;
      fused_staged(item, 0, before, sums[0]);
      if (unit_strides_ && after > before) {
        fused_direct(item, before, after - before, sums[0]);
      } else {
        fused_staged(item, before, after - before, sums[0]);
      }
      fused_staged(item, after, job_.columns - after, sums[0]);
    }
    for (int plane = 0; plane < job_.planes; plane++) {
      double lanes[8];
      sums[plane].read(lanes);
      totals_[plane] =
          ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
    }
  }

  void prepare_pass(const Item& item, int plane) {
    const float* weights = constants_.floats + 64 * table(item, plane);
    const double scale = gradient_scale(item);
    if (weights != pass_.weights || scale != pass_.scale) {
      pass_.weights = weights;
      pass_.scale = scale;
      const double error = error_factor(job_.penalty);
      const double derivative = derivative_factor(job_.penalty) * scale;
      pass_.float_holds = float_holds(scale);
      for (int i = 0; i < 64; i++) {
        pass_.float_holds &= product_fits(weights[i] * derivative);
      }
      for (int i = 0; i < 64; i++) {
        pass_.errors[i] = static_cast<float>(weights[i] * error);
        // What float32 does not hold is the business of careful() alone.
        pass_.gradients[i] = pass_.float_holds ? static_cast<float>(weights[i] * derivative) : 0;
      }
    }
    pass_.spectrum = nullptr;
    if (job_.spectrum != 0) {
      const int64_t at = int64_t{item.n} * job_.c + channel(item, plane);
      pass_.spectrum = static_cast<double*>(pointer(job_.spectrum)) + 64 * at;
    }
    pass_.always_careful = map_ != nullptr || job_.spectrum != 0 || !pass_.float_holds;
  }

  void run(RunBlocks run_blocks, const Item& item, int plane, int first_block, const Run& run, Sums& sums) {
    pass_.map = map_ == nullptr ? nullptr : map_ + index(item, plane) * job_.columns + first_block;
    run_blocks(pass_, run, sums);
  }

  /// Blocks inside the image, read where they are.
  void fused_direct(const Item& item, int first_block, int blocks, Sums& sums) {
    const int64_t x = job_.start_x + int64_t{first_block} * 8;
    Plane planes[4];
    for (int i = 0; i < 4; i++) {
      planes[i] = view(i, item, 0);
    }
    const Plane &p = planes[0], &t = planes[1];
    Run run{{&p.pixel(item.y, x), p.stride_y}, {&t.pixel(item.y, x), t.stride_y}, {}, {}, blocks, {}, {}, {}};
    if (prefetch_) {
      run.past_caches = stream_;
      const Item& later = later_;
      run.prediction_ahead = {&view(0, later, 0).pixel(later.y, x), p.stride_y};
      run.target_ahead = {&view(1, later, 0).pixel(later.y, x), t.stride_y};
      if (present_[2]) {
        run.gradient_ahead = {&view(2, later, 0).pixel(later.y, x), planes[2].stride_y};
      }
    }
    if (store_ != Store::ADD || !gradients_) {
      const Plane &g = planes[2], &tg = planes[3];
      run.gradient = {g ? &g.pixel(item.y, x) : nullptr, g.stride_y};
      run.target_gradient = {tg ? &tg.pixel(item.y, x) : nullptr, tg.stride_y};
      const bool from_memory = prefetch_ && (present_[2] || !gradients_);
      this->run(from_memory ? run_from_memory_ : run_in_cache_, item, 0, first_block, run, sums);
      return;
    }
    // What is added is made in scratch first.
    run.gradient = {present_[2] ? scratch_.pixels[0][0] : nullptr, scratch_.stride};
    run.target_gradient = {present_[3] ? scratch_.pixels[1][0] : nullptr, scratch_.stride};
    for (int done = 0; done < blocks; done += run.blocks) {
      run.blocks = blocks - done < CHUNK / 8 ? blocks - done : CHUNK / 8;
      this->run(run_in_cache_, item, 0, first_block + done, run, sums);
      for (int i = 2; i < 4; i++) {
        for (int r = 0; present_[i] && r < 8; r++) {
          const float* line = scratch_.pixels[i - 2][0] + r * scratch_.stride;
          store_line(planes[i], store_, item.y + r, x + 8 * done, 8 * run.blocks, line);
        }
      }
      run.prediction.at += 8 * run.blocks;
      run.target.at += 8 * run.blocks;
    }
  }

  /// Blocks that reach outside the image, or whose pixels do not lie side by side: by way of scratch.
  void fused_staged(const Item& item, int first_block, int blocks, Sums& sums) {
    for (int done = 0; done < blocks; done += CHUNK / 8) {
      const int count = blocks - done < CHUNK / 8 ? blocks - done : CHUNK / 8;
      const Window part = window(item, first_block + done, count);
      load_lines(view(0, item, 0), part, scratch_.pixels[0][0], scratch_.stride);
      load_lines(view(1, item, 0), part, scratch_.pixels[1][0], scratch_.stride);
      const Lines p{scratch_.pixels[0][0], scratch_.stride}, t{scratch_.pixels[1][0], scratch_.stride};
      run(run_in_cache_, item, 0, first_block + done, {p, t, staged(0), staged(1), count, {}, {}, {}}, sums);
      store_staged(item, part);
    }
  }

  /// Three planes, whose errors are rotated in scratch.
  void fused_rotated(const Item& item, int first_block, int blocks, Sums (&sums)[3]) {
    const Window part = window(item, first_block, blocks);
    const bool magnitudes = job_.coefficients == MAGNITUDE;
    const int count = 8 * scratch_.stride;
    for (int plane = 0; plane < 3; plane++) {
      float *__restrict p = scratch_.pixels[0][plane], *__restrict t = scratch_.pixels[1][plane];
      load_lines(view(0, item, plane), part, p, scratch_.stride);
      load_lines(view(1, item, plane), part, t, scratch_.stride);
      for (int i = 0; !magnitudes && i < count; i++) {
        p[i] -= t[i];
      }
    }
    rotate(scratch_.pixels[0], job_.color, count);
    if (magnitudes) {
      rotate(scratch_.pixels[1], job_.color, count);
    }
    for (int plane = 0; plane < 3; plane++) {
      prepare_pass(item, plane);
      const Lines p{scratch_.pixels[0][plane], scratch_.stride};
      const Lines t = magnitudes ? Lines{scratch_.pixels[1][plane], scratch_.stride} : Lines{scratch_.zeros, scratch_.stride};
      run(run_in_cache_, item, plane, first_block, {p, t, staged(0, plane), staged(1, plane), blocks, {}, {}, {}}, sums[plane]);
    }
    for (int i = 0; i < 2; i++) {
      if (present_[2 + i]) {
        rotate_back(scratch_.pixels[i], count);
      }
    }
    store_staged(item, part);
  }

  /// Gradients overwrite their images' pixels in scratch.
  Output staged(int i, int plane = 0) const {
    return {present_[2 + i] ? scratch_.pixels[i][plane] : nullptr, scratch_.stride};
  }

  void store_staged(const Item& item, const Window& part) const {
    for (int i = 0; i < 2; i++) {
      for (int plane = 0; present_[2 + i] && plane < job_.planes; plane++) {
        store_lines(view(2 + i, item, plane), store_, part, scratch_.pixels[i][plane], scratch_.stride, scratch_.fold);
      }
    }
  }

  // ----------------------------------------------------------------------------------------------- the matrix kernel

  void matrix(const Item& item) {
    const int most = chunk_blocks(job_.block);
    for (int first = 0; first < job_.columns; first += most) {
      const int left = job_.columns - first;
      matrix_chunk(item, first, left < most ? left : most);
    }
  }

  void matrix_chunk(const Item& item, int first_block, int blocks) {
    const Window part = window(item, first_block, blocks);
    const bool magnitudes = job_.coefficients == MAGNITUDE;
    const int b = job_.block, columns = part.columns;
    for (int plane = 0; plane < job_.planes; plane++) {
      for (int i = 0; i < 2; i++) {
        load_lines(view(i, item, plane), part, scratch_.pixels[0][0], scratch_.stride);
        for (int r = 0; r < b; r++) {
          const float* __restrict line = scratch_.pixels[0][0] + r * scratch_.stride;
          double* __restrict row = scratch_.image[i][plane].row(r);
          for (int x = 0; x < columns; x++) {
            row[x] = line[x];
          }
        }
      }
      for (int r = 0; !magnitudes && r < b; r++) {
        double* __restrict p = scratch_.image[0][plane].row(r);
        const double* __restrict t = scratch_.image[1][plane].row(r);
        for (int x = 0; x < columns; x++) {
          p[x] -= t[x];
        }
      }
    }
    if (job_.planes == 3) {
      for (int i = 0; i < (magnitudes ? 2 : 1); i++) {
        rotate_matrices(scratch_.image[i], false);
      }
    }
    for (int plane = 0; plane < job_.planes; plane++) {
      const Matrix &p = scratch_.image[0][plane], &t = scratch_.image[1][plane], &d = scratch_.derivatives;
      forward(constants_.cosines, p, columns);
      if (magnitudes) {
        forward(constants_.cosines, t, columns);
        for (int r = 0; r < b; r++) {
          for (int x = 0; x < columns; x++) {
            d.row(r)[x] = std::fabs(p.row(r)[x]) - std::fabs(t.row(r)[x]);
          }
        }
        penalise_matrix(item, plane, first_block, blocks, d, d);
        for (int r = 0; r < b; r++) {
          for (int x = 0; x < columns; x++) {
            const double vp = p.row(r)[x], vt = t.row(r)[x], derivative = d.row(r)[x];
            p.row(r)[x] = penalty_derivative(ABSOLUTE, 0, vp) * derivative;
            t.row(r)[x] = -penalty_derivative(ABSOLUTE, 0, vt) * derivative;
          }
        }
      } else {
        penalise_matrix(item, plane, first_block, blocks, p, p);
      }
    }
    for (int i = 0; i < 2; i++) {
      if (present_[2 + i]) {
        store_matrices(item, part, magnitudes ? i : 0, i);
      }
    }
  }

  /// From coefficients z to derivatives d, which may be the same rows; the sums of penalties are kept.
  void penalise_matrix(const Item& item, int plane, int first_block, int blocks, const Matrix& z, const Matrix& d) {
    const int b = job_.block, columns = blocks * b;
    const double* q = constants_.doubles + int64_t{table(item, plane)} * b * b;
    double* __restrict sums = scratch_.sums;
    const double* __restrict rho = scratch_.rho;
    for (int x = 0; x < columns; x++) {
      sums[x] = 0;
    }
    for (int v = 0; v < b; v++) {
      penalise_row(job_.penalty, z.row(v), q + v * b, b, columns, gradient_scale(item), job_.parameter, scratch_.rho,
                   d.row(v));
      for (int x = 0; x < columns; x++) {
        sums[x] += rho[x];
      }
      if (job_.spectrum != 0) {
        const int64_t at = int64_t{item.n} * job_.c + channel(item, plane);
        double* spectrum = static_cast<double*>(pointer(job_.spectrum)) + at * b * b;
        for (int x = 0; x < columns; x++) {
          spectrum[x % b * b + v] += finite_or_nan(rho[x]);
        }
      }
    }
    for (int block = 0; block < blocks; block++) {
      double sum = 0;
      for (int u = 0; u < b; u++) {
        sum += sums[block * b + u];
      }
      sum = finite_or_nan(sum);
      for (int r = 0; sum != sum && r < b; r++) {
        for (int i = 0; i < b; i++) {
          d.row(r)[block * b + i] = sum;
        }
      }
      totals_[plane] += sum;
      if (map_ != nullptr) {
        map_[index(item, plane) * job_.columns + first_block + block] = static_cast<float>(sum / (b * b));
      }
    }
  }

  void rotate_matrices(const Matrix (&rows)[3], bool back) const {
    double* const all[3] = {rows[0].at, rows[1].at, rows[2].at};
    const int count = job_.block * rows[0].stride;
    if (back) {
      rotate_back(all, count);
    } else {
      rotate(all, job_.color, count);
    }
  }

  /// Brings derivatives of image `from` back and stores them as gradients of image `to`, negated if these differ.
  void store_matrices(const Item& item, const Window& part, int from, int to) {
    const bool done_before = from != to && present_[2];
    if (!done_before) {
      for (int plane = 0; plane < job_.planes; plane++) {
        adjoint(constants_.cosines, scratch_.image[from][plane], part.columns);
      }
      if (job_.planes == 3) {
        rotate_matrices(scratch_.image[from], true);
      }
    }
    for (int plane = 0; plane < job_.planes; plane++) {
      for (int r = 0; r < job_.block; r++) {
        float* __restrict line = scratch_.pixels[0][0] + r * scratch_.stride;
        const double* __restrict row = scratch_.image[from][plane].row(r);
        for (int x = 0; x < part.columns; x++) {
          line[x] = static_cast<float>(from == to ? row[x] : -row[x]);
        }
      }
      const Plane view = this->view(2 + to, item, plane);
      store_lines(view, store_, part, scratch_.pixels[0][0], scratch_.stride, scratch_.fold);
    }
  }

  const Job& job_;
  Carver scratch_carver_;
  const Scratch scratch_;
  Carver constants_carver_;
  const Constants constants_;
  float* map_;

  // Prediction, target, gradient, target gradient.
  const View* views_[4];
  const float* arrays_[4];
  bool present_[4];
  bool unit_strides_;
  bool gradients_;
  bool stream_, prefetch_;
  bool clears_;
  Store store_;
  RunBlocks run_in_cache_ = nullptr, run_from_memory_ = nullptr;

  Pass pass_;
  double totals_[3];
  Item later_{job_, 0};  // whose pixels are fetched meanwhile
};

}  // namespace
}  // namespace dctloss
