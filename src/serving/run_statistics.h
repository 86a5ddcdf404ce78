#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "core/json.h"
#include "core/result.h"

namespace gyre::serving {

/// What a model did since its host began, as KServe V2's statistics want it: counted by each host,
/// added up over an endpoint's hosts. A batch's time counts for each of its requests in
/// `success`, and once in `by_size`.
struct RunStatistics {
    struct Time {
        uint64_t count = 0;
        uint64_t ns = 0;

        Time& operator+=(const Time& other) {
            count += other.count;
            ns += other.ns;
            return *this;
        }
    };
    Time success;  ///< requests that the model answered: from arrival to the batch's end
    Time failed;   ///< requests answered with an error; their time is not kept
    Time queue;    ///< requests that were in a batch: from arrival to its start
    std::map<uint64_t, Time> by_size;  ///< calls of the model by how many requests shared them
    uint64_t last_ms = 0;              ///< when the last batch ended, in epoch milliseconds

    /// `queue_us`: of each of the batch's requests. `calls`: how many of them each call of the
    /// model answered; the batch's time is shared among these by that.
    void BatchRan(std::span<const uint64_t> queue_us, std::span<const uint32_t> calls,
                  uint64_t compute_us, uint64_t ended_ms);
    void Answered(uint64_t us);
    void Add(const RunStatistics& other);

    [[nodiscard]] core::Json ToJson() const;
    [[nodiscard]] static core::Result<RunStatistics> FromJson(const core::Json& json);
};

}  // namespace gyre::serving
