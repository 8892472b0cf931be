// Shared memory has 32 banks of four bytes: what a warp accesses at once must lie in different ones, or be the same. Seen
// by way of the very functions of the kernels: tiles hold their own indices, and what is read says where from.
#include <set>

#include "device_tests.h"
#include "one_column.cuh"

namespace device {
namespace {

using dctloss::cuda::MOST_THREADS;
using dctloss::cuda::Tables;
using dctloss::cuda::TILE;

/// Where lanes access at the same time: 16 bytes eight lanes at a time, 4 bytes all 32.
void check_access(const char* what, const std::vector<int>& floats, int width) {
  const size_t together = width == 4 ? 8 : 32;
  for (size_t first = 0; first < floats.size(); first += together) {
    std::set<int> different(floats.begin() + static_cast<long>(first), floats.begin() + static_cast<long>(first + together));
    std::set<int> banks;
    for (int at : different) {
      banks.insert(at / width % (32 / width));
    }
    CHECK(banks.size() == different.size(), "%s: lanes from %zu on need %zu banks and have %zu", what, first,
          different.size(), banks.size());
  }
}

using Tiles = float[MOST_THREADS / 2][TILE];

void fill(Tiles& tiles) {
  for (int i = 0; i < MOST_THREADS / 2 * TILE; i++) {
    tiles[i / TILE][i % TILE] = static_cast<float>(i);
  }
}

/// Where what a lane has put lies.
int find(const Tiles& tiles, float value) {
  for (int i = 0; i < MOST_THREADS / 2 * TILE; i++) {
    if (tiles[i / TILE][i % TILE] == value) {
      return i;
    }
  }
  return -1;
}

}  // namespace

void banks() {
  alignas(128) static Tiles tiles;
  // Accesses of FOUR_COLUMNS, one after the other: of each lane the first of four floats.
  report::begin("banks: columns and rows of FOUR_COLUMNS");
  std::vector<int> put[8], got[8], rows[4][2], put_rows[4][2];
  for (int lane = 0; lane < 32; lane++) {
    const int half = lane & 1;
    float v[4][8], z[8];
    fill(tiles);
    for (int r = 0; r < 8; r++) {
      for (int c = 0; c < 4; c++) {
        v[c][r] = static_cast<float>(-1 - 4 * r - c);
      }
    }
    dctloss::cuda::put_columns(tiles[lane / 2], half, v);
    for (int r = 0; r < 8; r++) {
      put[r].push_back(find(tiles, static_cast<float>(-1 - 4 * r)));
    }
    fill(tiles);
    dctloss::cuda::get_columns(tiles[lane / 2], half, v);
    for (int r = 0; r < 8; r++) {
      got[r].push_back(static_cast<int>(v[0][r]));
    }
    for (int i = 0; i < 4; i++) {
      fill(tiles);
      dctloss::cuda::get_row(tiles[lane / 2], 4 * half + i, half, z);
      rows[i][0].push_back(static_cast<int>(z[0]));
      rows[i][1].push_back(static_cast<int>(z[4]));
      for (int j = 0; j < 8; j++) {
        z[j] = static_cast<float>(-1 - j);
      }
      dctloss::cuda::put_row(tiles[lane / 2], 4 * half + i, half, z);
      put_rows[i][0].push_back(find(tiles, -1));
      put_rows[i][1].push_back(find(tiles, -5));
    }
  }
  for (int r = 0; r < 8; r++) {
    check_access("put_columns", put[r], 4);
    check_access("get_columns", got[r], 4);
  }
  for (int i = 0; i < 4; i++) {
    for (int side = 0; side < 2; side++) {
      check_access("get_row", rows[i][side], 4);
      check_access("put_row", put_rows[i][side], 4);
    }
  }
  report::end();

  report::begin("banks: columns and rows of ONE_COLUMN");
  for (int r = 0; r < 8; r++) {
    std::vector<int> column;
    for (int lane = 0; lane < 32; lane++) {
      column.push_back(lane / 8 * TILE + 8 * r + lane % 8);
    }
    check_access("a row of columns", column, 1);
  }
  std::vector<int> first, second;
  fill(tiles);
  for (int lane = 0; lane < 32; lane++) {
    float z[8];
    dctloss::cuda::get_row(tiles[lane / 8], lane % 8, lane % 8 >> 2, z);
    first.push_back(static_cast<int>(z[0]));
    second.push_back(static_cast<int>(z[4]));
  }
  check_access("the first halves of rows", first, 4);
  check_access("the second halves of rows", second, 4);
  report::end();

  report::begin("banks: tables");
  for (int i = 0; i < 8; i += 4) {
    for (int row = 0; row < 4; row++) {
      std::vector<int> of_halves, of_all;
      for (int lane = 0; lane < 32; lane++) {
        of_halves.push_back(Tables::at(4 * (lane & 1) + row, i));
      }
      check_access("FOUR_COLUMNS", of_halves, 4);
    }
  }
  CHECK(Tables::at(7, 7) < Tables::LENGTH, "the last weight lies at %d", Tables::at(7, 7));
  report::end();
}

}  // namespace device
