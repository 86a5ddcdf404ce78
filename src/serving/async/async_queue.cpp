#include "serving/async/async_queue.h"

#include <algorithm>

#include "core/digest.h"

namespace gyre::serving::async {
namespace {

using core::Result;
using core::Status;
using db::Transaction;

// Bodies are bytes, and columns text: they are kept in base64.
const std::vector<db::Migration> kMigrations = {{1, "async requests", R"(
CREATE TABLE async_requests (
    number BIGINT PRIMARY KEY, endpoint TEXT NOT NULL, accepted BIGINT NOT NULL,
    expires BIGINT NOT NULL, document TEXT NOT NULL, body TEXT NOT NULL);
)"}};

int64_t Milliseconds(core::WallTime time) {
    return time.time_since_epoch().count();
}

core::WallTime Time(int64_t milliseconds) {
    return core::WallTime(core::milliseconds(milliseconds));
}

}  // namespace

Result<std::unique_ptr<AsyncQueue>> AsyncQueue::Open(db::Database& database) {
    GYRE_TRY(database.Migrate("async", kMigrations));
    std::unique_ptr<AsyncQueue> queue(new AsyncQueue(database));
    GYRE_ASSIGN(const std::vector<Ticket> all, queue->All());
    if (!all.empty()) *queue->next_.Lock() = all.back().number + 1;
    return queue;
}

Result<std::vector<Ticket>> AsyncQueue::All() const {
    std::vector<Ticket> all;
    GYRE_TRY(database_.Read([&](Transaction& transaction) -> Status {
        GYRE_ASSIGN(auto rows, transaction.Query("SELECT number, endpoint, accepted, expires "
                                                 "FROM async_requests ORDER BY number"));
        for (db::Row& row : rows) {
            all.push_back({.number = row.Int(0),
                           .endpoint = row.TakeText(1),
                           .accepted = Time(row.Int(2)),
                           .expires = Time(row.Int(3))});
        }
        return {};
    }));
    return all;
}

Result<std::vector<Ticket>> AsyncQueue::Add(const std::vector<AsyncRequest>& requests) {
    std::vector<Ticket> tickets;
    int64_t number = 0;
    {
        auto next = next_.Lock();
        number = *next;
        *next += static_cast<int64_t>(requests.size());
    }
    for (const AsyncRequest& request : requests) {
        tickets.push_back({.number = number++,
                           .endpoint = request.endpoint,
                           .accepted = request.accepted,
                           .expires = request.Expires()});
    }
    GYRE_TRY(database_.Write([&](Transaction& transaction) -> Status {
        for (size_t i = 0; i < requests.size(); i++) {
            const Ticket& ticket = tickets[i];
            GYRE_TRY(transaction.Execute(
                "INSERT INTO async_requests (number, endpoint, accepted, expires, document, body) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                {ticket.number, ticket.endpoint, Milliseconds(ticket.accepted),
                 Milliseconds(ticket.expires), core::JsonText(requests[i].ToJson()),
                 core::Base64Encode(requests[i].body)}));
        }
        return {};
    }));
    return tickets;
}

Result<std::optional<AsyncRequest>> AsyncQueue::Load(int64_t number) const {
    std::optional<AsyncRequest> loaded;
    GYRE_TRY(database_.Read([&](Transaction& transaction) -> Status {
        GYRE_ASSIGN(const auto row,
                    transaction.QueryOne(
                        "SELECT document, body FROM async_requests WHERE number = ?", {number}));
        if (!row) return {};
        GYRE_ASSIGN(const core::Json document, core::ParseJson(row->Text(0)));
        GYRE_ASSIGN(AsyncRequest request, AsyncRequest::FromJson(document));
        auto body = core::Base64Decode(row->Text(1));
        if (!body) return core::Fail(core::Code::kDataLoss, "a queued body that cannot be read");
        request.body = std::move(*body);
        loaded = std::move(request);
        return {};
    }));
    return loaded;
}

Status AsyncQueue::Remove(const std::vector<int64_t>& numbers) {
    return database_.Write([&](Transaction& transaction) -> Status {
        for (const int64_t number : numbers) {
            GYRE_TRY(transaction.Execute("DELETE FROM async_requests WHERE number = ?", {number}));
        }
        return {};
    });
}

}  // namespace gyre::serving::async
