#include "host/size_race.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace gyre::host {
namespace {

constexpr size_t kLaps = 8;      // of each
constexpr int kShortPause = 16;  // batches
constexpr int kLongPause = 1024;
constexpr double kWorthwhile = 0.03;  // a larger batch must make a row cheaper by this much
constexpr double kAboutAsGood = 0.01;

double BetterHalf(std::vector<double> laps) {
    const auto better = static_cast<std::ptrdiff_t>(laps.size() / 2);
    const auto half = laps.begin() + better;
    std::nth_element(laps.begin(), half, laps.end());
    return std::accumulate(laps.begin(), half, 0.0) / static_cast<double>(better);
}

}  // namespace

void SizeRace::Learn(int rows, core::microseconds took) {
    const double row_us = static_cast<double>(took.count()) / rows;
    auto at = std::lower_bound(learnt_.begin(), learnt_.end(), rows,
                               [](const Size& size, int wanted) { return size.rows < wanted; });
    if (at == learnt_.end() || at->rows != rows) at = learnt_.insert(at, {rows, row_us});
    at->row_us = std::min(at->row_us, row_us);
    const double cheapest =
        std::min_element(learnt_.begin(), learnt_.end(), [](const Size& a, const Size& b) {
            return a.row_us < b.row_us;
        })->row_us;
    const auto good = std::find_if(learnt_.begin(), learnt_.end(), [&](const Size& size) {
        return size.row_us <= cheapest * (1 + kWorthwhile);
    });
    // Where the largest is the first good one, a larger one may be better still.
    best_ = good + 1 == learnt_.end() ? kLargest : good->rows;
}

SizeRace::Lap SizeRace::Next(int waiting, int most) {
    const int usual = std::min({best_, waiting, most});
    if (rival_ == 0 && --until_race_ <= 0) Begin(waiting, most);
    const bool fair = rival_ > best_ ? waiting >= rival_ && rival_ <= most : usual > rival_;
    if (rival_ == 0 || !fair || started_ >= static_cast<int>(2 * kLaps)) return {usual};
    if (started_++ % 2 == 0) return {usual, Runner::kBest};
    return {rival_, Runner::kRival};
}

void SizeRace::Begin(int waiting, int most) {
    const int usual = std::min({best_, waiting, most});
    const int larger = 2 * best_ <= std::min(waiting, most) ? 2 * best_ : 0;
    const int smaller = usual > 1 ? static_cast<int>(std::bit_floor(unsigned(usual) / 2)) : 0;
    rival_ = upward_ ? larger : smaller;
    if (rival_ == 0) rival_ = upward_ ? smaller : larger;
    started_ = 0;
    best_laps_.clear();
    rival_laps_.clear();
}

bool SizeRace::Finish(Runner runner, int rows, core::microseconds took) {
    if (runner == Runner::kNone || rival_ == 0) return false;
    // Requests of many rows each make batches of other sizes than were asked for.
    const bool as_asked = runner == Runner::kRival ? rows <= rival_ : rows <= best_;
    if (!as_asked) {
        End(false);
        return false;
    }
    auto& laps = runner == Runner::kRival ? rival_laps_ : best_laps_;
    laps.push_back(static_cast<double>(took.count()) / rows);
    return best_laps_.size() >= kLaps && rival_laps_.size() >= kLaps && Decide();
}

void SizeRace::Abandon(Runner runner) {
    if (runner != Runner::kNone && rival_ != 0) End(false);
}

bool SizeRace::Decide() {
    const double best = BetterHalf(best_laps_);
    const double rival = BetterHalf(rival_laps_);
    const double better_by = nobody_waits_ ? -kAboutAsGood : kWorthwhile;  // the larger one
    const bool won =
        rival_ > best_ ? rival < best * (1 - better_by) : rival <= best * (1 + better_by);
    End(won);
    return won;
}

void SizeRace::End(bool won) {
    if (won) {
        upward_ = rival_ > best_;  // on in the direction that paid
        best_ = rival_;
        pause_ = kShortPause;
    } else {
        upward_ = rival_ < best_;
        pause_ = std::min(2 * pause_, kLongPause);
    }
    until_race_ = pause_;
    rival_ = 0;
}

}  // namespace gyre::host
