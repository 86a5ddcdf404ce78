#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/guarded.h"
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
/// Thread-safe; every call blocks.
class AsyncQueue {
  public:
    /// `database` outlives it. Errors: of the database.
    [[nodiscard]] static core::Result<std::unique_ptr<AsyncQueue>> Open(db::Database& database);

    /// All that is queued, oldest first.
    [[nodiscard]] core::Result<std::vector<Ticket>> All() const;
    /// In one transaction, durable when it returns, in that order.
    [[nodiscard]] core::Result<std::vector<Ticket>> Add(const std::vector<AsyncRequest>& requests);
    /// nullopt where it has gone.
    [[nodiscard]] core::Result<std::optional<AsyncRequest>> Load(int64_t number) const;
    [[nodiscard]] core::Status Remove(const std::vector<int64_t>& numbers);

  private:
    explicit AsyncQueue(db::Database& database) : database_(database) {}

    db::Database& database_;
    core::Guarded<int64_t> next_{1};
};

}  // namespace gyre::serving::async
