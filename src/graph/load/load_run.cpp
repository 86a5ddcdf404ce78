#include "graph/load/load_run.h"

#include <algorithm>
#include <chrono>

#include "graph/load/cypher_csv.h"
#include "graph/load/object_source.h"
#include "graph/storage/codec.h"
#include "graph/storage/keys.h"

namespace gyre::graph::load {
namespace {

using core::Code;

constexpr size_t kMaxErrors = 10'000;  // kept of one load
constexpr uint64_t kLoadMemory = uint64_t{1} << 30;
constexpr core::milliseconds kShowEvery{200};

/// The status of a file whose load has ended with that error.
std::string StatusAfter(const std::string& code) {
    if (code == "S3_ACCESS_DENIED_ERROR") return "LOAD_S3_ACCESS_DENIED_ERROR";
    if (code == "INTERNAL_ERROR") return "LOAD_S3_READ_ERROR";
    if (code == "FILE_MODIFICATION_OR_DELETION_ERROR") {
        return "LOAD_DATA_FAILED_DUE_TO_FEED_MODIFIED_OR_DELETED";
    }
    return "LOAD_FAILED";
}

std::string EncodeProgress(const FileProgress& progress) {
    std::string bytes;
    AppendVarint(bytes, static_cast<uint64_t>(progress.run));
    AppendVarint(bytes, progress.done ? 1 : 0);
    AppendText(bytes, progress.etag);
    const LoadCounts& counts = progress.counts;
    for (const uint64_t count : {counts.records, counts.duplicates, counts.parsing_errors,
                                 counts.mismatches, counts.insert_errors, counts.rows}) {
        AppendVarint(bytes, count);
    }
    return bytes;
}

bool DecodeProgress(std::string_view bytes, FileProgress& progress) {
    uint64_t run = 0, done = 0;
    if (!ReadVarint(bytes, run) || !ReadVarint(bytes, done) || !ReadText(bytes, progress.etag)) {
        return false;
    }
    progress.run = static_cast<int64_t>(run);
    progress.done = done != 0;
    LoadCounts& counts = progress.counts;
    for (uint64_t* count : {&counts.records, &counts.duplicates, &counts.parsing_errors,
                            &counts.mismatches, &counts.insert_errors}) {
        if (!ReadVarint(bytes, *count)) return false;
    }
    // Programs before this one counted rows as records, and those alone.
    if (!ReadVarint(bytes, counts.rows)) counts.rows = counts.records;
    return true;
}

std::string ProgressKey(const LoadJob& job, const LoadedFile& file) {
    return keys::kLoaded + job.id + '\0' + file.uri;
}

}  // namespace

std::string LoadRun::KeyOf(size_t file) const {
    return job_.files[file].uri.substr(("s3://" + job_.from.bucket + "/").size());
}

void LoadRun::Note(LoadError error) {
    failed_ = StatusAfter(error.code);
    if (job_.errors.size() < kMaxErrors) job_.errors.push_back(std::move(error));
}

bool LoadRun::Pending(size_t file) const {
    return job_.files[file].status != "LOAD_COMPLETED" && !seen_[file];
}

FileProgress LoadRun::ProgressOf(size_t file) const {
    FileProgress progress;
    std::string bytes;
    const auto graph = store_.Read();
    if (!graph->Tables().Get(ProgressKey(job_, job_.files[file]), bytes) ||
        !DecodeProgress(bytes, progress)) {
        return {.run = 0, .etag = {}, .counts = {}};
    }
    return progress;
}

bool LoadRun::TakeProgress(size_t file, uint64_t& rows_done) {
    rows_done = 0;
    if (!job_.GoesOn()) return false;
    const FileProgress progress = ProgressOf(file);
    LoadedFile& one = job_.files[file];
    if (progress.run == 0 || progress.etag != one.etag) return false;
    const bool good = progress.counts.Errors() == 0;
    if (progress.done && (good || progress.run == job_.run)) {
        // The server ended between this file's commit and the load's own note of it.
        one.counts = progress.counts;
        one.status = good ? "LOAD_COMPLETED" : "LOAD_FAILED";
        seen_[file] = true;
        return true;
    }
    if (progress.done) return false;  // it had errors: all of it is tried again
    counts_[file] = progress.counts;
    rows_done = progress.counts.rows;
    return false;
}

template <typename Put>
void LoadRun::WriteProgress(Put put) {
    for (auto& [file, progress] : touched_) {
        if (!progress.done) progress.counts = counts_[file];
        put(ProgressKey(job_, job_.files[file]), EncodeProgress(progress));
    }
    // The one that is still read goes on; the others are written.
    std::erase_if(touched_, [](const auto& one) { return one.second.done; });
}

// Those that the load knows already keep their state; new ones are loaded too.
core::Status LoadRun::ListFiles() {
    std::map<std::string, size_t> known;
    for (size_t i = 0; i < job_.files.size(); ++i) known.emplace(job_.files[i].uri, i);
    std::string after;
    while (true) {
        GYRE_ASSIGN(const auto page, objects_.List(job_.from.bucket, job_.from.key, after, 1000));
        for (const auto& info : page) {
            if (info.size == 0) continue;
            const std::string uri = "s3://" + job_.from.bucket + "/" + info.key;
            if (const auto found = known.find(uri); found != known.end()) {
                LoadedFile& file = job_.files[found->second];
                if (file.status != "LOAD_COMPLETED") file.etag = info.etag;
            } else {
                job_.files.push_back({.uri = uri, .etag = info.etag, .counts = {}});
            }
        }
        if (page.size() < 1000) break;
        after = page.back().key;
    }
    if (job_.files.empty()) {
        return core::Fail(Code::kNotFound,
                          "there is no file at s3://" + job_.from.bucket + "/" + job_.from.key);
    }
    seen_.assign(job_.files.size(), false);
    for (LoadedFile& file : job_.files) {
        if (file.status == "LOAD_COMPLETED") continue;
        file.status = "LOAD_NOT_STARTED";
        file.counts = {};
    }
    show_(job_, true);
    return {};
}

core::Result<std::string> LoadRun::Run() {
    GYRE_TRY(ListFiles());
    return job_.rdf ? RunRdf() : RunCsv();
}

core::Result<std::string> LoadRun::RunCsv() {
    BulkLoad graph(store_, kLoadMemory);
    if (!graph.Begun()) return core::Fail(Code::kUnavailable, "the graph takes no writers");
    graph.OnFlush([&](KvTransaction& tables) {
        WriteProgress(
            [&](const std::string& key, const std::string& value) { tables.Put(key, value); });
    });
    auto outcome = RunCsvFiles(graph);
    GYRE_TRY(graph.Finish());  // what came before a failure stays
    return outcome;
}

void LoadRun::Tell() {
    const auto now = clock_.Now();
    if (now - shown_ < kShowEvery) return;
    shown_ = now;
    show_(job_, false);
}

void LoadRun::BeginFile(size_t file) {
    began_ = clock_.Now();
    LoadedFile& one = job_.files[file];
    one.status = "LOAD_IN_PROGRESS";
    failed_ = "LOAD_FAILED";
    one.started_s = static_cast<int64_t>(core::EpochSeconds(clock_.WallNow()));
    Tell();
}

void LoadRun::EndFile(size_t file, std::string status) {
    LoadedFile& one = job_.files[file];
    one.status = std::move(status);
    one.counts = counts_[file];
    one.spent_s = std::chrono::duration_cast<core::seconds>(clock_.Now() - began_).count();
    seen_[file] = true;
    Tell();
}

LoadReport LoadRun::ReportOf(size_t file) {
    return {.error = [this](LoadError error) { Note(std::move(error)); },
            .progress =
                [this, file, &counts = counts_[file]] {
                    job_.files[file].counts = counts;
                    Tell();
                }};
}

bool LoadRun::Stops(size_t file) const {
    return job_.options.fail_on_error && job_.files[file].Failed();
}

// "If any of the feeds receive this error, overall load status is set to LOAD_FAILED": those of S3
// ("Neptune Loader Error and Feed Messages", Neptune documentation).
std::string LoadRun::Outcome(bool stopped) const {
    const auto is = [](std::string_view status) {
        return [status](const LoadedFile& file) { return file.status == status; };
    };
    if (std::ranges::all_of(job_.files, is("LOAD_COMPLETED"))) return "LOAD_COMPLETED";
    const bool stopped_by_records = stopped && std::ranges::any_of(job_.files, is("LOAD_FAILED"));
    return stopped_by_records ? "LOAD_CANCELLED_DUE_TO_ERRORS" : "LOAD_FAILED";
}

// Files of vertices first, whatever their names: edges need their ends.
core::Result<std::string> LoadRun::RunCsvFiles(BulkLoad& graph) {
    for (const bool edges : {false, true}) {
        for (size_t i = 0; i < job_.files.size(); ++i) {
            if (!Pending(i)) continue;
            GYRE_ASSIGN(const bool done, RunCsvFile(i, edges, graph));
            if (done && Stops(i)) return Outcome(true);
        }
    }
    return Outcome(false);
}

core::Result<bool> LoadRun::RunCsvFile(size_t file, bool edges, BulkLoad& graph) {
    const std::string& uri = job_.files[file].uri;
    const auto unreadable = [&](const core::Error& error) {
        BeginFile(file);
        const LoadError told = UnreadableFile(error, uri, 1);
        if (told.code == "PARSING_ERROR") ++counts_[file].parsing_errors;
        Note(told);
        EndFile(file, failed_);
        return true;
    };
    const auto source = OpenObject(objects_, job_.from.bucket, KeyOf(file));
    if (!source) return unreadable(source.error());
    CsvReader reader(**source);
    CsvReader::Record record;
    const auto any = reader.Next(record);
    if (!any) return unreadable(any.error());
    if (!*any) {
        BeginFile(file);
        EndFile(file, "LOAD_COMPLETED");
        return true;
    }
    const auto header = job_.options.cypher ? ReadCypherHeader(record, job_.options.user_edge_ids)
                                            : ReadHeader(record);
    if (!header) return unreadable(header.error());
    if (header->edges != edges) return false;
    uint64_t done = 0;
    if (TakeProgress(file, done)) return true;
    BeginFile(file);
    LoadCounts& counts = counts_[file];
    for (uint64_t i = 0; i < done; ++i) {
        const auto more = reader.Next(record);
        if (!more) return unreadable(more.error());
        if (!*more) break;
    }
    touched_[file] = {.run = job_.run, .etag = job_.files[file].etag, .counts = {}};
    const auto loaded =
        LoadFile(graph, uri, *header, reader, job_.options, job_.cancel, counts, ReportOf(file));
    if (!loaded) {
        EndFile(file,
                loaded.error().code == Code::kCancelled ? "LOAD_CANCELLED_BY_USER" : "LOAD_FAILED");
        return core::Fail(loaded.error());
    }
    const bool whole = !loaded->has_value();
    const bool good = whole && counts.Errors() == 0;
    EndFile(file, good ? "LOAD_COMPLETED" : failed_);
    FileProgress& progress = touched_[file];
    progress.done = whole;
    progress.counts = counts;
    if (!whole) counts = **loaded;  // where another run goes on
    return true;
}

core::Status LoadRun::RunRdfFile(size_t file, RdfLoad& graph) {
    const std::string& uri = job_.files[file].uri;
    LoadCounts& counts = counts_[file];
    counts = {};
    BeginFile(file);
    const LoadReport report = ReportOf(file);
    const auto source = OpenObject(objects_, job_.from.bucket, KeyOf(file));
    if (!source) {
        report.error(UnreadableFile(source.error(), uri, 0));
        EndFile(file, failed_);
        return {};
    }
    const auto read =
        graph.File(uri, **source, *job_.rdf, job_.options, job_.cancel, counts, report);
    if (!read) {
        EndFile(file,
                read.error().code == Code::kCancelled ? "LOAD_CANCELLED_BY_USER" : "LOAD_FAILED");
        return core::Fail(read.error());
    }
    const bool good = *read && counts.Errors() == 0;
    EndFile(file, good ? "LOAD_COMPLETED" : failed_);
    if (*read) {
        touched_[file] = {
            .run = job_.run, .done = true, .etag = job_.files[file].etag, .counts = counts};
    }
    return {};
}

core::Result<std::string> LoadRun::RunRdf() {
    const LoadOptions& options = job_.options;
    RdfLoad graph(
        store_, options.named_graph.empty() ? std::string(rdf::kDefaultGraph) : options.named_graph,
        options.base_uri.empty() ? std::string(rdf::kDefaultBase) : options.base_uri, kLoadMemory);
    // Of a file that is only begun nothing is noted: it has to be read from its beginning.
    graph.OnFlush([&](const rdf::BulkQuads::PutNote& put) {
        std::erase_if(touched_, [](const auto& one) { return !one.second.done; });
        WriteProgress(put);
    });
    core::Status failed;
    bool stopped = false;
    for (size_t i = 0; i < job_.files.size() && failed && !stopped; ++i) {
        if (!Pending(i)) continue;
        uint64_t done = 0;
        if (TakeProgress(i, done)) continue;
        failed = RunRdfFile(i, graph);
        stopped = failed && Stops(i);
    }
    GYRE_TRY(graph.Finish());  // what came before a failure stays
    // How many were there already is known only now.
    for (const auto& [file, counts] : counts_) job_.files[file].counts = counts;
    GYRE_TRY(failed);
    return Outcome(stopped);
}

}  // namespace gyre::graph::load
