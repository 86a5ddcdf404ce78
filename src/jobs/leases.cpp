#include "jobs/leases.h"

#include "core/digest.h"
#include "core/log.h"

namespace gyre::jobs {
namespace {

using core::Result;
using core::Status;
using core::SteadyTime;
using db::Transaction;

const std::vector<db::Migration> kLeaseTables = {{1, "leases", R"(
CREATE TABLE job_servers (
    id TEXT PRIMARY KEY, address TEXT NOT NULL, objects TEXT NOT NULL, beat BIGINT NOT NULL);
CREATE TABLE job_leases (
    kind TEXT NOT NULL, name TEXT NOT NULL, server TEXT NOT NULL, PRIMARY KEY (kind, name));
CREATE INDEX job_leases_server ON job_leases (server);
)"}};

constexpr auto kServersChannel = "servers";
constexpr int kBeatsPerLifetime = 5;

Status Bury(Transaction& transaction, const std::string& server) {
    GYRE_TRY(transaction.Execute("DELETE FROM job_leases WHERE server = ?", {server}));
    GYRE_TRY(transaction.Execute("DELETE FROM job_servers WHERE id = ?", {server}));
    return {};
}

}  // namespace

Leases::Leases(db::Database& database, const core::Clock& clock, Options options)
    : database_(database),
      clock_(clock),
      options_(std::move(options)),
      id_(options_.folder + "/" + core::RandomUuid()) {
}

Leases::~Leases() {
    Stop();
}

Result<std::unique_ptr<Leases>> Leases::Open(db::Database& database, const core::Clock& clock,
                                             Options options) {
    GYRE_TRY(database.Migrate("jobs", kLeaseTables));
    std::unique_ptr<Leases> leases(new Leases(database, clock, std::move(options)));
    GYRE_TRY(leases->CheckObjects());
    GYRE_TRY(leases->Register());
    leases->Beat();
    leases->listening_ =
        database.Listen(kServersChannel, [raw = leases.get()](const std::optional<std::string>&) {
            raw->state_.Lock()->kicked = true;
            raw->state_.NotifyAll();
        });
    return leases;
}

Status Leases::Register() {
    // The folder's lock says that no other run over it is alive.
    const std::string first = options_.folder + "/";
    const std::string beyond = options_.folder + "0";  // the character after '/'
    return database_.Write([&](Transaction& transaction) -> Status {
        GYRE_ASSIGN(const auto before,
                    transaction.Query("SELECT id FROM job_servers WHERE id >= ? AND id < ?",
                                      {first, beyond}));
        for (const db::Row& row : before) GYRE_TRY(Bury(transaction, row.Text(0)));
        GYRE_TRY(transaction.Execute(
            "INSERT INTO job_servers (id, address, objects, beat) VALUES (?, ?, ?, 0)",
            {id_, options_.address, options_.objects}));
        return transaction.Announce(kServersChannel, "");
    });
}

Status Leases::CheckObjects() {
    using RealTime = std::chrono::steady_clock;
    const auto until = RealTime::now() + options_.lifetime;
    std::map<std::string, int64_t> seen;
    while (true) {
        bool others = false;
        GYRE_TRY(database_.Read([&](Transaction& transaction) -> Status {
            GYRE_ASSIGN(const auto rows,
                        transaction.Query("SELECT id, beat, address, objects FROM job_servers "
                                          "WHERE objects <> ?",
                                          {options_.objects}));
            for (const db::Row& row : rows) {
                if (row.Text(0).starts_with(options_.folder + "/")) continue;
                const auto [found, is_new] = seen.try_emplace(row.Text(0), row.Int(1));
                if (found->second != row.Int(1)) {
                    return core::Fail(core::Code::kFailedPrecondition,
                                      "the server at " + row.Text(2) +
                                          ", over the same database, has its objects at " +
                                          row.Text(3) + ", and this one at " + options_.objects +
                                          ": give all of them the same objects.url");
                }
                others = true;
            }
            return {};
        }));
        // It may be one that is dead and not known to be; only time tells.
        if (!others || RealTime::now() > until) return {};
        std::this_thread::sleep_for(options_.lifetime / kBeatsPerLifetime / 2);
    }
}

bool Leases::Fresh(const State& state) const {
    return clock_.Now() - state.beaten < options_.lifetime * 3 / 5;
}

void Leases::Beat() {
    const SteadyTime began = clock_.Now();
    std::map<std::string, Seen> others;
    bool away = false;
    {
        auto state = state_.Lock();
        others = state->others;
        away = !Fresh(*state);
    }
    std::vector<std::string> gone;
    bool buried = false;
    const Status written = database_.Write([&](Transaction& transaction) -> Status {
        GYRE_ASSIGN(
            const int64_t counted,
            transaction.Execute("UPDATE job_servers SET beat = beat + 1 WHERE id = ?", {id_}));
        buried = counted == 0;
        if (buried) {
            GYRE_TRY(transaction.Execute(
                "INSERT INTO job_servers (id, address, objects, beat) VALUES (?, ?, ?, 0)",
                {id_, options_.address, options_.objects}));
        }
        GYRE_ASSIGN(const auto rows, transaction.Query("SELECT id, beat FROM job_servers"));
        std::map<std::string, Seen> living;
        for (const db::Row& row : rows) {
            const std::string& id = row.Text(0);
            if (id == id_) continue;
            const auto before = others.find(id);
            Seen now{row.Int(1), began};
            // What kept this server from beating may have kept them all.
            const bool still = before != others.end() && before->second.beat == now.beat && !away;
            if (still) now = before->second;
            if (began - now.since <= options_.lifetime) {
                living[id] = now;
                continue;
            }
            GYRE_TRY(Bury(transaction, id));
            GYRE_TRY(transaction.Announce(kServersChannel, ""));
            core::LogWarning("a server is dead; what it drove goes to the others",
                             {{"server", id}});
        }
        for (const auto& [id, seen] : others) {
            if (!living.contains(id)) gone.push_back(id);
        }
        others = std::move(living);
        return {};
    });
    bool tell = false;
    {
        auto state = state_.Lock();
        if (written) {
            state->beaten = began;
            state->others = std::move(others);
            if (buried) state->held.clear();
        }
        const bool fresh = Fresh(*state);
        tell = fresh != state->fresh || (written && (buried || !gone.empty()));
        state->fresh = fresh;
    }
    if (!written) {
        gone.clear();
        core::LogWarning("no beat reached the database", {{"error", written.error().ToString()}});
    }
    if (buried && written) core::LogWarning("the other servers thought that this one was dead");
    if (tell) Tell(gone);
}

Result<bool> Leases::Hold(const catalog::Kind& kind, const std::string& name) {
    {
        auto state = state_.Lock();
        if (!Fresh(*state)) return false;
        if (state->held.contains({kind, name})) return true;
    }
    std::string holder;
    const auto look = [&](Transaction& transaction) -> Status {
        GYRE_ASSIGN(auto row,
                    transaction.QueryOne(
                        "SELECT server FROM job_leases WHERE kind = ? AND name = ?", {kind, name}));
        holder = row ? row->TakeText(0) : "";
        return {};
    };
    GYRE_TRY(database_.Read(look));
    if (holder.empty()) {
        const auto write = [&](Transaction& transaction) -> Status {
            GYRE_TRY(look(transaction));
            if (!holder.empty()) return {};
            GYRE_ASSIGN(const auto alive,
                        transaction.QueryOne("SELECT 1 FROM job_servers WHERE id = ?", {id_}));
            if (!alive) return {};  // the next beat notices
            GYRE_TRY(transaction.Execute(
                "INSERT INTO job_leases (kind, name, server) VALUES (?, ?, ?)", {kind, name, id_}));
            holder = id_;
            return {};
        };
        GYRE_TRY(database_.Write(write));
    }
    if (holder != id_) return false;
    auto state = state_.Lock();
    state->held.insert({kind, name});
    return Fresh(*state);
}

bool Leases::Holds(const catalog::Kind& kind, const std::string& name) const {
    auto state = state_.Lock();
    return Fresh(*state) && state->held.contains({kind, name});
}

Result<bool> Leases::Holds(Transaction& transaction, const catalog::Kind& kind,
                           const std::string& name) const {
    GYRE_ASSIGN(const auto row, transaction.QueryOne("SELECT 1 FROM job_leases WHERE kind = ? AND "
                                                     "name = ? AND server = ?",
                                                     {kind, name, id_}));
    return row.has_value();
}

void Leases::Release(const catalog::Kind& kind, const std::string& name) {
    if (state_.Lock()->held.erase({kind, name}) == 0) return;
    const Status done = database_.Write([&](Transaction& transaction) -> Status {
        GYRE_TRY(
            transaction.Execute("DELETE FROM job_leases WHERE kind = ? AND name = ? AND server = ?",
                                {kind, name, id_}));
        return {};
    });
    // It stays this server's then, which knows nothing of it and takes it up when it is needed.
    if (!done) core::LogWarning("a lease is not given back", {{"error", done.error().ToString()}});
}

std::set<std::string> Leases::Living() const {
    std::set<std::string> living{id_};
    auto state = state_.Lock();
    for (const auto& [id, seen] : state->others) living.insert(id);
    return living;
}

std::shared_ptr<void> Leases::Watch(Listener listener) {
    auto watcher = std::make_shared<Watcher>();
    watcher->listener = std::move(listener);
    {
        auto watchers = watchers_.Lock();
        std::erase_if(*watchers, [](const auto& other) { return other.expired(); });
        watchers->push_back(watcher);
    }
    Watcher* const ended = watcher.get();
    return {ended, [watcher = std::move(watcher)](void*) {
                const std::lock_guard lock(watcher->calling);
                watcher->listener = nullptr;
            }};
}

void Leases::Tell(const std::vector<std::string>& gone) {
    const auto watchers = *watchers_.Lock();
    for (const auto& weak : watchers) {
        const auto watcher = weak.lock();
        if (!watcher) continue;
        const std::lock_guard lock(watcher->calling);
        if (watcher->listener) watcher->listener(gone);
    }
}

void Leases::Start() {
    thread_ = std::thread([this] {
        while (true) {
            {
                auto state = state_.Lock();
                state.WaitUntil(
                    std::chrono::steady_clock::now() + options_.lifetime / kBeatsPerLifetime,
                    [&] { return state->stopped || state->kicked; });
                if (state->stopped) return;
                state->kicked = false;
            }
            Beat();
        }
    });
}

void Leases::Stop() {
    {
        auto state = state_.Lock();
        if (state->stopped) return;
        state->stopped = true;
    }
    state_.NotifyAll();
    if (thread_.joinable()) thread_.join();
    listening_.reset();
    const Status left = database_.Write([&](Transaction& transaction) -> Status {
        GYRE_TRY(Bury(transaction, id_));
        return transaction.Announce(kServersChannel, "");
    });
    if (!left) {
        core::LogWarning("the other servers are not told that this one stops",
                         {{"error", left.error().ToString()}});
    }
}

}  // namespace gyre::jobs
