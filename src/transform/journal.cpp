#include "transform/journal.h"

#include <fstream>

#include "transform/shared_journal.h"

namespace gyre::transform {
namespace {

using core::Json;
using core::JsonObject;

uint64_t Number(const Json& line, std::string_view member) {
    return static_cast<uint64_t>(core::JsonInt(line, member).value_or(0));
}

RecordFailure ReadFailure(const Json& line) {
    return {.object = core::JsonStringOr(line, "object"),
            .record = Number(line, "record"),
            .records = Number(line, "records"),
            .offset = Number(line, "offset"),
            .reason = core::JsonStringOr(line, "reason"),
            .status = static_cast<int>(Number(line, "status")),
            .answer = core::JsonStringOr(line, "answer")};
}

JsonObject WriteFailure(const RecordFailure& failure) {
    JsonObject json{{"object", failure.object}, {"record", failure.record}};
    json["records"] = failure.records;
    json["offset"] = failure.offset;
    json["reason"] = failure.reason;
    if (failure.status != 0) json["status"] = failure.status;
    if (!failure.answer.empty()) json["answer"] = failure.answer;
    return json;
}

}  // namespace

core::Result<std::unique_ptr<Journal>> Journal::Open(const std::filesystem::path& folder,
                                                     SharedJournal* shared) {
    std::unique_ptr<Journal> journal(new Journal(folder / "journal", shared));
    auto state = journal->state_.Lock();
    uintmax_t whole = 0;
    std::string line;
    for (std::ifstream file(journal->path_); std::getline(file, line) && !file.eof();) {
        const auto json = core::ParseJson(line);
        if (!json) break;
        Apply(*json, *state);
        whole += line.size() + 1;
    }
    std::error_code error;
    if (std::filesystem::exists(journal->path_, error)) {
        // A line that was being written when the program was killed.
        std::filesystem::resize_file(journal->path_, whole, error);
        if (error) {
            return core::Fail(core::ErrnoError("cut " + journal->path_.string(), error.value()));
        }
    }
    GYRE_ASSIGN(state->file, core::RealFileSystem().OpenAppend(journal->path_));
    return journal;
}

void Journal::Apply(const Json& line, State& state) {
    const auto close = [&](uint64_t object) {
        if (state.closed.size() <= object) state.closed.resize(object + 1);
        state.closed[object] = true;
        state.parts.erase(object);
        state.intents.erase(object);
        state.totals.bytes += Number(line, "bytes");
        state.totals.records += Number(line, "records");
    };
    const std::string what = core::JsonStringOr(line, "what");
    const uint64_t object = Number(line, "index");
    if (what == "part") {
        state.parts[object] = {Number(line, "offset"), Number(line, "records"),
                               Number(line, "spooled"), core::JsonStringOr(line, "type")};
    } else if (what == "put") {
        state.intents[object] = {Number(line, "size"),
                                 core::WallTime(core::milliseconds(Number(line, "at"))),
                                 Number(line, "of_records")};
    } else if (what == "done") {
        close(object);
        state.totals.done++;
    } else if (what == "failed") {
        close(object);
        state.totals.failed++;
        state.failed.insert(object);
        if (!state.first) state.first = ReadFailure(*core::JsonFind(line, "failure"));
    }
}

core::Status Journal::Append(std::span<const Json> lines, bool here) {
    if (lines.empty()) return {};
    std::string text;
    for (const Json& line : lines) {
        if (!text.empty()) text += '\n';
        text += core::JsonText(line);
    }
    // Not under the lock: lines that come at the same time share a commit.
    if (shared_ != nullptr && !here) GYRE_TRY(shared_->Append(text));
    auto state = state_.Lock();
    GYRE_TRY(state->file->Append(text + "\n"));
    for (const Json& line : lines) Apply(line, *state);
    return {};
}

core::Status Journal::Write(const Lines& lines) {
    return Append(lines.lines_, false);
}

bool Journal::IsOpen(uint64_t object) const {
    auto state = state_.Lock();
    return object >= state->closed.size() || !state->closed[object];
}

bool Journal::HasFailed(uint64_t object) const {
    return state_.Lock()->failed.contains(object);
}

std::optional<ObjectPart> Journal::PartOf(uint64_t object) const {
    auto state = state_.Lock();
    const auto found = state->parts.find(object);
    if (found == state->parts.end()) return std::nullopt;
    return found->second;
}

std::optional<PutIntent> Journal::IntentOf(uint64_t object) const {
    auto state = state_.Lock();
    const auto found = state->intents.find(object);
    if (found == state->intents.end()) return std::nullopt;
    return found->second;
}

Journal::Totals Journal::Sum() const {
    return state_.Lock()->totals;
}

std::optional<RecordFailure> Journal::FirstFailure() const {
    return state_.Lock()->first;
}

void Journal::Lines::Intent(uint64_t object, const PutIntent& intent) {
    lines_.emplace_back(JsonObject{{"what", "put"},
                                   {"index", object},
                                   {"size", intent.size},
                                   {"at", intent.at.time_since_epoch().count()},
                                   {"of_records", intent.records}});
}

void Journal::Lines::Done(uint64_t object, uint64_t bytes, uint64_t records) {
    lines_.emplace_back(
        JsonObject{{"what", "done"}, {"index", object}, {"bytes", bytes}, {"records", records}});
}

void Journal::Lines::Failed(uint64_t object, uint64_t bytes, const RecordFailure& failure) {
    lines_.emplace_back(JsonObject{{"what", "failed"},
                                   {"index", object},
                                   {"bytes", bytes},
                                   {"failure", WriteFailure(failure)}});
}

core::Status Journal::Part(uint64_t object, const ObjectPart& part) {
    const Json line(JsonObject{{"what", "part"},
                               {"index", object},
                               {"offset", part.offset},
                               {"records", part.records},
                               {"spooled", part.spooled},
                               {"type", part.content_type}});
    return Append({&line, 1}, true);
}

core::Status Journal::Intent(uint64_t object, const PutIntent& intent) {
    Lines line;
    line.Intent(object, intent);
    return Write(line);
}

core::Status Journal::Done(uint64_t object, uint64_t bytes, uint64_t records) {
    Lines line;
    line.Done(object, bytes, records);
    return Write(line);
}

core::Status Journal::Failed(uint64_t object, uint64_t bytes, const RecordFailure& failure) {
    Lines line;
    line.Failed(object, bytes, failure);
    return Write(line);
}

core::Status Journal::WriteReport(const std::filesystem::path& file) const {
    GYRE_ASSIGN(const auto report, core::RealFileSystem().Create(file));
    std::string line;
    for (std::ifstream lines(path_); std::getline(lines, line);) {
        const auto json = core::ParseJson(line);
        const Json* failure = json ? core::JsonFind(*json, "failure") : nullptr;
        if (failure != nullptr) GYRE_TRY(report->Append(core::JsonText(*failure) + "\n"));
    }
    return {};
}

}  // namespace gyre::transform
