#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/cancel.h"
#include "core/clock.h"
#include "core/guarded.h"
#include "core/json.h"
#include "core/result.h"

namespace gyre::graph::door {

enum class QueryLanguage : uint8_t { kGremlin, kCypher, kSparql };

/// The queries that wait and run: for the status pages of each language, which also cancel them.
/// Thread-safe.
class QueryLog {
  public:
    /// What is shown of a query. Clients may give several the same id.
    struct Shown {
        std::string id, text;
    };
    /// Tells it of a query that waits; nullopt where it is none. Called on any thread.
    using Read = std::function<std::optional<Shown>()>;

    explicit QueryLog(const core::Clock& clock) : clock_(clock) {}

    /// A query: it waits, until it begins, and is off the log when this goes, whatever ends it.
    class Query {
      public:
        /// `read` empty: it is not shown while it waits.
        Query(QueryLog& log, QueryLanguage language, Read read = {});
        ~Query();
        Query(const Query&) = delete;
        Query& operator=(const Query&) = delete;
        /// From now on it runs. Errors: "CancelledByUserException" where it was cancelled before.
        [[nodiscard]] core::Status Begin(const Shown& shown);
        void Rename(const std::string& id);
        /// Stops it.
        [[nodiscard]] const core::CancelToken& Cancel() const { return cancel_; }

      private:
        QueryLog& log_;
        const core::CancelToken cancel_;
        const uint64_t number_;
    };

    /// False when there is no such query.
    [[nodiscard]] bool Cancel(QueryLanguage language, const std::string& id);
    /// Cancels all of them, and those that are still to come.
    void Stop();

    /// {acceptedQueryCount, runningQueryCount, queries}
    [[nodiscard]] core::Json Status(QueryLanguage language, bool waiting_too) const;
    /// Of one; nullopt when there is no such query.
    [[nodiscard]] std::optional<core::Json> Status(QueryLanguage language,
                                                   const std::string& id) const;

  private:
    struct Entry {
        QueryLanguage language{};
        Read read;    ///< while it waits
        Shown shown;  ///< when it runs
        core::SteadyTime accepted{};
        std::optional<core::SteadyTime> begun;
        core::CancelToken cancel;
    };
    struct State {
        std::map<uint64_t, Entry> queries;  ///< in the order in which they came
        uint64_t next = 0;
        bool stopped = false;
    };
    /// Of that language, with what is shown of each; waiting ones are read.
    [[nodiscard]] std::vector<Entry> Queries(QueryLanguage language) const;
    [[nodiscard]] core::Json ToJson(const Entry& entry) const;

    const core::Clock& clock_;
    core::Guarded<State> state_;
};

}  // namespace gyre::graph::door
