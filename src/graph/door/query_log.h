#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/cancel.h"
#include "core/clock.h"
#include "core/guarded.h"
#include "core/json.h"

namespace gyre::graph::door {

/// The queries that wait and run: for /gremlin/status, which also cancels them. Thread-safe.
class QueryLog {
  public:
    explicit QueryLog(const core::Clock& clock) : clock_(clock) {}

    /// A query that runs: it is off the log when this goes, whatever ends it.
    class Query {
      public:
        Query(QueryLog& log, std::string id, std::string text)
            : log_(log), id_(std::move(id)), cancel_(log.Accept(id_, std::move(text))) {
            log_.Begin(id_);
        }
        ~Query() { log_.End(id_); }
        Query(const Query&) = delete;
        Query& operator=(const Query&) = delete;
        /// Stops it.
        [[nodiscard]] const core::CancelToken& Cancel() const { return cancel_; }

      private:
        QueryLog& log_;
        const std::string id_;
        const core::CancelToken cancel_;
    };

    /// From now on it waits. The token stops it.
    [[nodiscard]] core::CancelToken Accept(const std::string& id, std::string text);
    void Begin(const std::string& id);
    void End(const std::string& id);
    /// False when there is no such query.
    [[nodiscard]] bool Cancel(const std::string& id);
    /// Cancels all of them, and those that are still to come.
    void Stop();

    /// {acceptedQueryCount, runningQueryCount, queries}
    [[nodiscard]] core::Json Status(bool waiting_too) const;
    /// Of one; nullopt when there is no such query.
    [[nodiscard]] std::optional<core::Json> Status(const std::string& id) const;

  private:
    struct Entry {
        std::string text;
        core::SteadyTime accepted{};
        std::optional<core::SteadyTime> begun;
        core::CancelToken cancel;
    };
    struct State {
        std::map<std::string, Entry> queries;
        bool stopped = false;
    };
    [[nodiscard]] core::Json ToJson(const std::string& id, const Entry& entry) const;

    const core::Clock& clock_;
    core::Guarded<State> state_;
};

}  // namespace gyre::graph::door
