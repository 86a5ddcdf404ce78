#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/cancel.h"
#include "core/clock.h"
#include "core/memory_meter.h"
#include "core/result.h"
#include "graph/plan/step.h"
#include "graph/storage/graph_store.h"

namespace gyre::graph::exec {

struct Limits {
    std::optional<core::SteadyTime> deadline;
    uint64_t max_held = 20'000'000;  ///< traversers and values that a query may gather at once
    uint64_t max_bytes = uint64_t{4} << 30;  ///< of the memory that a query may hold at once
    std::filesystem::path files;             ///< the folder whose files io() may read; empty: none
};

/// What one function may make: it looks at the clock and at the query's memory only when it is
/// done.
constexpr size_t kMostItems = 10'000'000;   ///< of a list
constexpr size_t kMostBytes = 100'000'000;  ///< of a text
constexpr uint32_t kMostDepth = 1000;       ///< of lists within lists
[[nodiscard]] core::Error TooLarge();
/// False, and the text as it was, where it would be too large.
[[nodiscard]] bool Append(std::string& text, std::string_view more);

/// What openCypher's clauses have done to the graph.
struct Changes {
    int64_t nodes_created = 0, nodes_deleted = 0;
    int64_t edges_created = 0, edges_deleted = 0;
    int64_t properties_set = 0;
    int64_t labels_added = 0, labels_removed = 0;
};

class Profile;

/// What the stages of one running query share. A failure is noted here and stops them all: a stage
/// that sees Failed() says that it has no more.
class Context {
  public:
    Context(Transaction& graph, const plan::Query& query, const core::Clock& clock,
            core::CancelToken cancel, Limits limits);

    Transaction& graph;
    const plan::Query& query;
    const bool paths;  ///< whether traversers note where they have been
    std::map<std::string, Value, std::less<>> side_effects;
    /// What pageRank() and its like have found out, by vertex: read as if they were properties.
    std::unordered_map<uint64_t, std::vector<std::pair<std::string, Value>>> computed;
    Changes changes;
    /// A filter could not tell, since values were compared that are in no order: neither it nor its
    /// negation holds. Stays until the filter around it has looked at it.
    bool unknown = false;
    Profile* profile = nullptr;  ///< where stages are measured; null: they are not

    [[nodiscard]] bool Failed() const { return failed_ || over_.load(std::memory_order_relaxed); }
    /// Keeps the first.
    void Fail(core::Error error);
    void Fail(std::string name, std::string message);
    [[nodiscard]] const core::Error& Failure();
    [[nodiscard]] const std::filesystem::path& Files() const { return limits_.files; }

    /// Called at each step of work; false when the query is to stop. Looks at the clock now and
    /// then.
    [[nodiscard]] bool GoOn() {
        if (failed_) return false;
        return (++steps_ & 0xFF) != 0 || LookUp();
    }
    /// As GoOn, of a step that takes as long as many.
    [[nodiscard]] bool GoOnLong() { return !failed_ && LookUp(); }
    /// Whether the query's time is over, or it was cancelled: then it has failed. Any thread may
    /// ask.
    [[nodiscard]] bool IsOver() {
        const bool over =
            cancel_.Cancelled() || (limits_.deadline && clock_.Now() >= *limits_.deadline);
        if (over) over_.store(true, std::memory_order_relaxed);
        return over;
    }
    /// One more value, or so many, is gathered, not just passed on.
    void Hold(uint64_t count = 1) {
        held_ += count;
        if (held_ > limits_.max_held) TooMuch();
    }

    /// Of a value that was made of others: the query fails where it would be written out without an
    /// end, or is nested too deeply to be gone through.
    void Look(const Value& made) {
        if (made.IsNested()) LookAt(made);
    }

    /// The time at which the query began, in milliseconds since 1970: one for all of it.
    [[nodiscard]] int64_t StatementMillis() {
        if (!began_) began_ = clock_.WallNow().time_since_epoch().count();
        return *began_;
    }

    /// The store's number of a name that stands in the plan, which is looked up once.
    [[nodiscard]] std::optional<NameId> NameOf(const std::string& in_plan) {
        auto& [name, number] =
            names_[reinterpret_cast<uintptr_t>(&in_plan) / sizeof in_plan % names_.size()];
        if (name != &in_plan) {
            const auto found = graph.FindName(in_plan);
            if (!found) return std::nullopt;  // it may come yet
            name = &in_plan;
            number = *found;
        }
        return number;
    }

    /// A path has grown over its limit.
    void TooLong();
    /// More than kMostDepth values are within each other.
    void TooDeep();
    /// Chance, from the query's seed where it has one. Made at its first use: to seed it takes
    /// longer than a point read.
    [[nodiscard]] std::mt19937_64& Random();

    /// That many are passed on again.
    void Release(uint64_t count) { held_ -= count; }

  private:
    bool LookUp();
    void TooMuch();
    void LookAt(const Value& nested);

    const core::Clock& clock_;
    const core::CancelToken cancel_;
    const Limits limits_;
    uint64_t steps_ = 0;
    uint64_t held_ = 0;
    bool failed_ = false;  ///< and where `error_` says nothing, for its memory
    std::atomic<bool> over_{false};
    std::array<std::pair<const std::string*, NameId>, 32> names_{};
    std::optional<int64_t> began_;
    std::optional<std::mt19937_64> random_;
    core::Error error_;
    core::MemoryMeter meter_;
};

}  // namespace gyre::graph::exec
