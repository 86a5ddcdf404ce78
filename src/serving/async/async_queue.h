#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "db/database.h"
#include "serving/async/async_request.h"

namespace gyre::serving::async {

/// What is known of a queued request without looking it up.
struct Ticket {
    int64_t number = 0;  ///< its place in the queue
    std::string endpoint;
    core::WallTime accepted{};
    core::WallTime expires{};
};

/// Accepted requests in the database, until their answers are there: docs/formats/async_queue.md.
/// Of several servers over the database each has those that it accepted or adopted. Thread-safe;
/// every call blocks.
class AsyncQueue {
  public:
    /// `database` outlives it. `server`: this one's id, where there may be others. Errors: of the
    /// database.
    [[nodiscard]] static core::Result<std::unique_ptr<AsyncQueue>> Open(db::Database& database,
                                                                        std::string server = "");

    /// All of this server's, oldest first.
    [[nodiscard]] core::Result<std::vector<Ticket>> All() const;
    /// Takes over what servers that are not among the `living` left; returns that, oldest first.
    [[nodiscard]] core::Result<std::vector<Ticket>> Adopt(const std::set<std::string>& living);
    /// In one transaction, durable when it returns, in that order.
    [[nodiscard]] core::Result<std::vector<Ticket>> Add(const std::vector<AsyncRequest>& requests);
    /// nullopt where it has gone, or is another server's now.
    [[nodiscard]] core::Result<std::optional<AsyncRequest>> Load(int64_t number) const;
    [[nodiscard]] core::Status Remove(const std::vector<int64_t>& numbers);

  private:
    AsyncQueue(db::Database& database, std::string server)
        : database_(database), server_(std::move(server)) {}

    db::Database& database_;
    const std::string server_;
};

}  // namespace gyre::serving::async
