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
)"},
                                                {2, "servers", R"(
ALTER TABLE async_requests ADD COLUMN server TEXT NOT NULL DEFAULT '';
CREATE INDEX async_requests_server ON async_requests (server, number);
CREATE TABLE async_numbers (id BIGINT PRIMARY KEY, next BIGINT NOT NULL);
INSERT INTO async_numbers SELECT 1, COALESCE(MAX(number), 0) + 1 FROM async_requests;
)"}};

int64_t Milliseconds(core::WallTime time) {
    return time.time_since_epoch().count();
}

core::WallTime Time(int64_t milliseconds) {
    return core::WallTime(core::milliseconds(milliseconds));
}

Result<std::vector<Ticket>> ReadTickets(Transaction& transaction, const std::string& server) {
    GYRE_ASSIGN(auto rows,
                transaction.Query("SELECT number, endpoint, accepted, expires FROM async_requests "
                                  "WHERE server = ? ORDER BY number",
                                  {server}));
    std::vector<Ticket> tickets;
    for (db::Row& row : rows) {
        tickets.push_back({.number = row.Int(0),
                           .endpoint = row.TakeText(1),
                           .accepted = Time(row.Int(2)),
                           .expires = Time(row.Int(3))});
    }
    return tickets;
}

/// The first of so many numbers that nobody else gets.
Result<int64_t> TakeNumbers(Transaction& transaction, size_t count) {
    GYRE_ASSIGN(const auto row, transaction.QueryOne("SELECT next FROM async_numbers"));
    GYRE_TRY(transaction.Execute("UPDATE async_numbers SET next = next + ?", {count}));
    return row->Int(0);
}

}  // namespace

Result<std::unique_ptr<AsyncQueue>> AsyncQueue::Open(db::Database& database, std::string server) {
    GYRE_TRY(database.Migrate("async", kMigrations));
    return std::unique_ptr<AsyncQueue>(new AsyncQueue(database, std::move(server)));
}

Result<std::vector<Ticket>> AsyncQueue::All() const {
    std::vector<Ticket> all;
    GYRE_TRY(database_.Read([&](Transaction& transaction) -> Status {
        GYRE_ASSIGN(all, ReadTickets(transaction, server_));
        return {};
    }));
    return all;
}

Result<std::vector<Ticket>> AsyncQueue::Adopt(const std::set<std::string>& living) {
    std::vector<Ticket> adopted;
    const auto write = [&](Transaction& transaction) -> Status {
        adopted.clear();
        GYRE_ASSIGN(const auto servers,
                    transaction.Query("SELECT DISTINCT server FROM async_requests"));
        for (const db::Row& row : servers) {
            const std::string& server = row.Text(0);
            if (server == server_ || living.contains(server)) continue;
            GYRE_ASSIGN(const auto left, ReadTickets(transaction, server));
            adopted.insert(adopted.end(), left.begin(), left.end());
            GYRE_TRY(transaction.Execute("UPDATE async_requests SET server = ? WHERE server = ?",
                                         {server_, server}));
        }
        return {};
    };
    GYRE_TRY(database_.Write(write));
    return adopted;
}

Result<std::vector<Ticket>> AsyncQueue::Add(const std::vector<AsyncRequest>& requests) {
    std::vector<Ticket> tickets;
    const auto write = [&](Transaction& transaction) -> Status {
        tickets.clear();
        GYRE_ASSIGN(int64_t number, TakeNumbers(transaction, requests.size()));
        for (const AsyncRequest& request : requests) {
            const Ticket& ticket = tickets.emplace_back(Ticket{.number = number++,
                                                               .endpoint = request.endpoint,
                                                               .accepted = request.accepted,
                                                               .expires = request.Expires()});
            GYRE_TRY(transaction.Execute(
                "INSERT INTO async_requests (number, endpoint, accepted, expires, document, body, "
                "server) VALUES (?, ?, ?, ?, ?, ?, ?)",
                {ticket.number, ticket.endpoint, Milliseconds(ticket.accepted),
                 Milliseconds(ticket.expires), core::JsonText(request.ToJson()),
                 core::Base64Encode(request.body), server_}));
        }
        return {};
    };
    GYRE_TRY(database_.Write(write));
    return tickets;
}

Result<std::optional<AsyncRequest>> AsyncQueue::Load(int64_t number) const {
    std::optional<AsyncRequest> loaded;
    GYRE_TRY(database_.Read([&](Transaction& transaction) -> Status {
        GYRE_ASSIGN(const auto row,
                    transaction.QueryOne(
                        "SELECT document, body FROM async_requests WHERE number = ? AND server = ?",
                        {number, server_}));
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
            GYRE_TRY(transaction.Execute(
                "DELETE FROM async_requests WHERE number = ? AND server = ?", {number, server_}));
        }
        return {};
    });
}

}  // namespace gyre::serving::async
