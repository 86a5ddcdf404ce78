#include "transform/shared_journal.h"

#include <fstream>

#include "core/file_system.h"
#include "transform/transform_spec.h"

namespace gyre::transform {
namespace {

using core::Code;
using core::Status;
using db::Transaction;

// Lines hold excerpts of what models answered, which may be no text: they are kept as bytes.
const std::vector<db::Migration> kSharedTables = {{1, "journals", R"(
CREATE TABLE transform_plans (
    job TEXT NOT NULL, part BIGINT NOT NULL, last BIGINT NOT NULL, lines BLOB NOT NULL,
    PRIMARY KEY (job, part));
CREATE TABLE transform_lines (
    job TEXT NOT NULL, number BIGINT NOT NULL, line BLOB NOT NULL, PRIMARY KEY (job, number));
)"}};

constexpr size_t kPlanPart = 512 << 10;
constexpr int64_t kLinesAtOnce = 1000;
constexpr core::milliseconds kAwayPause{500};

}  // namespace

SharedJournal::SharedJournal(db::Database& database, jobs::Leases& leases, std::string job,
                             core::CancelToken cancel)
    : database_(database), leases_(leases), job_(std::move(job)), cancel_(std::move(cancel)) {
}

Status SharedJournal::MakeTables(db::Database& database) {
    return database.Migrate("transform", kSharedTables);
}

Status SharedJournal::Remove(db::Database& database, const std::string& job) {
    bool any = false;
    GYRE_TRY(database.Read([&](Transaction& transaction) -> Status {
        for (const char* table : {"transform_plans", "transform_lines"}) {
            GYRE_ASSIGN(const auto row, transaction.QueryOne(std::string("SELECT 1 FROM ") + table +
                                                                 " WHERE job = ? LIMIT 1",
                                                             {job}));
            any = any || row.has_value();
        }
        return {};
    }));
    if (!any) return {};
    return database.Write([&](Transaction& transaction) -> Status {
        GYRE_TRY(transaction.Execute("DELETE FROM transform_plans WHERE job = ?", {job}));
        GYRE_TRY(transaction.Execute("DELETE FROM transform_lines WHERE job = ?", {job}));
        return {};
    });
}

Status SharedJournal::Patiently(const std::function<Status()>& work) const {
    while (true) {
        Status done = work();
        if (done || done.error().code != Code::kUnavailable) return done;
        if (cancel_.WaitUntil(core::SystemClock().Now() + kAwayPause)) {
            return core::Fail(Code::kCancelled, "the job stops");
        }
    }
}

Status SharedJournal::Restore(const std::filesystem::path& folder) {
    return Patiently([&] { return RestoreNow(folder); });
}

Status SharedJournal::KeepPlan(const std::filesystem::path& folder) {
    return Patiently([&] { return KeepPlanNow(folder); });
}

Status SharedJournal::RestoreNow(const std::filesystem::path& folder) {
    core::FileSystem& files = core::RealFileSystem();
    GYRE_TRY(files.RemoveAll(folder));
    GYRE_TRY(files.MakeDirectories(folder));
    bool whole = false;
    {
        GYRE_ASSIGN(const auto plan, files.Create(folder / "plan.new"));
        for (int64_t part = 0; !whole; part++) {
            bool found = false;
            GYRE_TRY(database_.Read([&](Transaction& transaction) -> Status {
                GYRE_ASSIGN(const auto row,
                            transaction.QueryOne("SELECT lines, last FROM transform_plans WHERE "
                                                 "job = ? AND part = ?",
                                                 {job_, part}));
                found = row.has_value();
                if (!found) return {};
                whole = row->Int(1) != 0;
                return plan->Append(row->Text(0));
            }));
            if (!found) break;
        }
    }
    if (whole) GYRE_TRY(files.Rename(folder / "plan.new", folder / "plan"));
    GYRE_ASSIGN(const auto journal, files.Create(folder / "journal"));
    int64_t next = 0;
    size_t read = 0;
    do {
        const auto copy = [&](Transaction& transaction) -> Status {
            GYRE_ASSIGN(const auto rows,
                        transaction.Query("SELECT number, line FROM transform_lines WHERE job = ? "
                                          "AND number >= ? ORDER BY number LIMIT ?",
                                          {job_, next, kLinesAtOnce}));
            read = rows.size();
            for (const db::Row& row : rows) {
                next = row.Int(0) + 1;
                GYRE_TRY(journal->Append(row.Text(1) + "\n"));
            }
            return {};
        };
        GYRE_TRY(database_.Read(copy));
    } while (read == static_cast<size_t>(kLinesAtOnce));
    state_.Lock()->next = next;
    return {};
}

Status SharedJournal::KeepPlanNow(const std::filesystem::path& folder) {
    bool whole = false;
    GYRE_TRY(database_.Read([&](Transaction& transaction) -> Status {
        GYRE_ASSIGN(const auto row,
                    transaction.QueryOne("SELECT 1 FROM transform_plans WHERE job = ? AND last = 1",
                                         {job_}));
        whole = row.has_value();
        return {};
    }));
    if (whole) return {};
    const auto write = [&](Transaction& transaction) -> Status {
        GYRE_TRY(transaction.Execute("DELETE FROM transform_plans WHERE job = ?", {job_}));
        return {};
    };
    GYRE_TRY(WriteAsDriver(write));
    std::ifstream plan(folder / "plan");
    std::string part(kPlanPart, '\0');
    for (int64_t number = 0; !whole; number++) {
        plan.read(part.data(), static_cast<std::streamsize>(kPlanPart));
        const auto size = static_cast<size_t>(plan.gcount());
        whole = size < kPlanPart;
        const auto add = [&](Transaction& transaction) -> Status {
            GYRE_TRY(transaction.Execute(
                "INSERT INTO transform_plans (job, part, last, lines) VALUES (?, ?, ?, ?)",
                {job_, number, whole ? 1 : 0, part.substr(0, size)}));
            return {};
        };
        GYRE_TRY(WriteAsDriver(add));
    }
    return {};
}

Status SharedJournal::WriteAsDriver(const std::function<Status(Transaction&)>& work) {
    return database_.Write([&](Transaction& transaction) -> Status {
        GYRE_ASSIGN(const bool drives, leases_.Holds(transaction, kTransformKind, job_));
        if (!drives) return core::Fail(Code::kCancelled, "another server has the job");
        return work(transaction);
    });
}

Status SharedJournal::Append(std::string line) {
    Item item{std::move(line), {}, false};
    std::vector<Item*> group;
    int64_t first = 0;
    {
        auto state = state_.Lock();
        state->waiting.push_back(&item);
        state.Wait([&] { return item.done || !state->leading; });
        if (item.done) return item.status;
        group.swap(state->waiting);
        state->leading = true;
        first = state->next;
        state->next += static_cast<int64_t>(group.size());
    }
    const Status written = WriteLines(group, first);
    {
        auto state = state_.Lock();
        for (Item* one : group) {
            one->status = written;
            one->done = true;
        }
        state->leading = false;
    }
    state_.NotifyAll();
    return item.status;
}

Status SharedJournal::WriteLines(const std::vector<Item*>& group, int64_t first) {
    bool again = false;
    return Patiently([&]() -> Status {
        Status written = WriteAsDriver([&](Transaction& transaction) -> Status {
            int64_t number = first;
            for (const Item* item : group) {
                GYRE_TRY(transaction.Execute(
                    "INSERT INTO transform_lines (job, number, line) VALUES (?, ?, ?)",
                    {job_, number++, item->line}));
            }
            return {};
        });
        // A commit whose answer was lost was one after all.
        if (again && !written && written.error().code == Code::kAlreadyExists) return {};
        again = true;
        return written;
    });
}

}  // namespace gyre::transform
