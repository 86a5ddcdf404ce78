#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/json.h"
#include "load/latency_histogram.h"
#include "load/load_options.h"
#include "load/response_reader.h"

namespace gyre::load {

/// What came of the requests of the measured window.
class Tally {
  public:
    /// `options` must outlive it.
    explicit Tally(const LoadOptions& options);

    /// One answer to body `index`, `latency` after the time it was to be sent at. `measured`: it
    /// belongs to the window; the others only teach what a right answer is.
    void Answered(size_t index, const AnswerView& answer, std::chrono::nanoseconds latency,
                  bool measured);
    void Broke(const core::Error& error);
    /// Open loop: `lag` from the intended send to the real one.
    void Sent(std::chrono::nanoseconds lag) { send_lag_.Record(lag); }
    void Unanswered(uint64_t count) { unanswered_ += count; }

    /// `seconds`: the window's length. Times are in milliseconds; the report's members are
    /// described in docs/benchmarks.md.
    [[nodiscard]] core::JsonObject Report(double seconds) const;

  private:
    /// A right answer's body, or the beginning of a long one, and its whole size.
    struct First {
        std::string body;
        size_t size = 0;
    };
    [[nodiscard]] bool Right(size_t index, const AnswerView& answer);

    const LoadOptions& options_;
    std::map<int, uint64_t> by_status_;
    std::vector<First> first_answers_;
    LatencyHistogram latency_;  ///< of right answers
    LatencyHistogram refused_;  ///< of all others
    LatencyHistogram send_lag_;
    uint64_t good_ = 0;
    uint64_t wrong_ = 0;
    uint64_t retry_after_ = 0;
    uint64_t broken_ = 0;
    uint64_t unanswered_ = 0;
    std::string first_error_;
    std::string first_refusal_;
};

}  // namespace gyre::load
