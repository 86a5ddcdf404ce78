#include "graph/load/load_run.h"

#include "graph/load/cypher_csv.h"
#include "graph/load/object_source.h"
#include "graph/storage/codec.h"
#include "graph/storage/keys.h"

namespace gyre::graph::load {
namespace {

using core::Code;

constexpr size_t kMaxErrors = 10'000;  // kept of one load
constexpr uint64_t kLoadMemory = uint64_t{1} << 30;

std::string EncodeProgress(const FileProgress& progress) {
    std::string bytes;
    AppendVarint(bytes, static_cast<uint64_t>(progress.run));
    AppendVarint(bytes, progress.done ? 1 : 0);
    AppendText(bytes, progress.etag);
    const LoadCounts& counts = progress.counts;
    for (const uint64_t count : {counts.records, counts.duplicates, counts.parsing_errors,
                                 counts.mismatches, counts.insert_errors}) {
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

bool LoadRun::TakeProgress(size_t file, uint64_t& records_done) {
    records_done = 0;
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
    records_done = progress.counts.records;
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
        return core::Fail(Code::kNotFound, "LOAD_S3_READ_ERROR",
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

// Files of vertices first, whatever their names: edges need their ends.
core::Result<std::string> LoadRun::RunCsvFiles(BulkLoad& graph) {
    bool good = true;
    for (const bool edges : {false, true}) {
        for (size_t i = 0; i < job_.files.size(); ++i) {
            if (!Pending(i)) continue;
            bool skipped = false;
            GYRE_ASSIGN(const bool loaded, RunCsvFile(i, edges, graph, skipped));
            if (skipped) continue;
            seen_[i] = true;
            job_.files[i].status = loaded ? "LOAD_COMPLETED" : "LOAD_FAILED";
            show_(job_, false);
            if (!loaded && job_.options.fail_on_error) {
                return std::string("LOAD_CANCELLED_DUE_TO_ERRORS");
            }
        }
    }
    for (const LoadedFile& file : job_.files) good = good && file.status == "LOAD_COMPLETED";
    return std::string(good ? "LOAD_COMPLETED" : "LOAD_FAILED");
}

core::Result<bool> LoadRun::RunCsvFile(size_t file, bool edges, BulkLoad& graph, bool& skipped) {
    const std::string& uri = job_.files[file].uri;
    const auto report = [&](LoadError error) { Note(std::move(error)); };
    GYRE_ASSIGN(const auto source, OpenObject(objects_, job_.from.bucket, KeyOf(file)));
    CsvReader reader(*source);
    CsvReader::Record record;
    GYRE_ASSIGN(const bool any, reader.Next(record));
    if (!any) return true;
    const auto header = job_.options.cypher ? ReadCypherHeader(record, job_.options.user_edge_ids)
                                            : ReadHeader(record);
    if (!header) {
        report({"PARSING_ERROR", header.error().message, uri, 1});
        return false;
    }
    skipped = header->edges != edges;
    if (skipped) return true;
    uint64_t done = 0;
    if (TakeProgress(file, done)) return job_.files[file].status == "LOAD_COMPLETED";
    LoadCounts& counts = counts_[file];
    for (uint64_t i = 0; i < done; ++i) {
        GYRE_ASSIGN(const bool more, reader.Next(record));
        if (!more) break;
    }
    touched_[file] = {.run = job_.run, .etag = job_.files[file].etag, .counts = {}};
    const auto loaded =
        LoadFile(graph, uri, *header, reader, job_.options, job_.cancel, counts, report);
    job_.files[file].counts = counts;
    FileProgress& progress = touched_[file];
    if (loaded && *loaded) {
        progress.done = true;
        progress.counts = counts;
    } else if (loaded && counts.records > 0) {
        // The record that has ended it is tried again.
        --counts.records;
        counts.parsing_errors = counts.mismatches = counts.insert_errors = 0;
    }
    if (!loaded) return core::Fail(loaded.error());
    return *loaded && counts.Errors() == 0;
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
    std::optional<core::Error> failure;
    bool ended = false;
    for (size_t i = 0; i < job_.files.size() && !ended; ++i) {
        if (!Pending(i)) continue;
        uint64_t done = 0;
        if (TakeProgress(i, done)) continue;
        LoadCounts& counts = counts_[i];
        counts = {};
        auto source = OpenObject(objects_, job_.from.bucket, KeyOf(i));
        core::Result<bool> read =
            source ? graph.File(job_.files[i].uri, **source, *job_.rdf, options, job_.cancel,
                                counts, [&](LoadError error) { Note(error); })
                   : core::Fail(source.error());
        const bool loaded = read && *read && counts.Errors() == 0;
        seen_[i] = true;
        job_.files[i].status = loaded ? "LOAD_COMPLETED" : "LOAD_FAILED";
        job_.files[i].counts = counts;
        if (read && *read) {
            touched_[i] = {
                .run = job_.run, .done = true, .etag = job_.files[i].etag, .counts = counts};
        }
        show_(job_, false);
        if (!read) failure = read.error();
        ended = !read || (!loaded && options.fail_on_error);
    }
    GYRE_TRY(graph.Finish());  // what came before a failure stays
    bool good = true;
    for (size_t i = 0; i < job_.files.size(); ++i) {
        // How many were there already is known only now.
        if (const auto counted = counts_.find(i); counted != counts_.end()) {
            job_.files[i].counts = counted->second;
        }
        good = good && job_.files[i].status == "LOAD_COMPLETED";
    }
    if (failure) return core::Fail(*failure);
    if (ended) return std::string("LOAD_CANCELLED_DUE_TO_ERRORS");
    return std::string(good ? "LOAD_COMPLETED" : "LOAD_FAILED");
}

}  // namespace gyre::graph::load
