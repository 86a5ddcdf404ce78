#include "graph/load/rdf_load.h"

#include <algorithm>
#include <cstring>

namespace gyre::graph::load {
namespace {

using core::Code;

/// A transaction lies in memory until it commits: some 100 bytes a statement and order.
constexpr size_t kStatementsAtOnce = 50'000;
constexpr size_t kMostKnown = 200'000;

}  // namespace

std::optional<rdf::RdfSyntax> RdfSyntaxOf(std::string_view format) {
    if (format == "ntriples") return rdf::RdfSyntax::kNTriples;
    if (format == "nquads") return rdf::RdfSyntax::kNQuads;
    if (format == "turtle") return rdf::RdfSyntax::kTurtle;
    if (format == "trig") return rdf::RdfSyntax::kTrig;
    if (format == "rdfxml") return rdf::RdfSyntax::kRdfXml;
    return std::nullopt;
}

core::Status RdfLoad::Begin() {
    if (bulk_ || graph_) return {};
    pending_ = 0;
    default_ = rdf::kNoTerm;
    if (!store_.KeepsChanges()) {
        bulk_ = std::make_unique<rdf::BulkQuads>(store_);
        if (bulk_->Begun()) return {};
        bulk_.reset();
    } else {
        graph_ = store_.Write();
        if (graph_) {
            quads_ = std::make_unique<rdf::Quads>(*graph_);
            return {};
        }
    }
    return core::Fail(Code::kUnavailable, "the graph takes no writers");
}

core::Status RdfLoad::Finish() {
    const auto finished = bulk_ ? FinishBulk() : graph_ ? FinishLogged() : core::Status();
    bulk_.reset();
    quads_.reset();
    graph_.reset();
    parts_.clear();
    return finished;
}

core::Status RdfLoad::FinishLogged() {
    quads_->Flush();
    if (note_) {
        note_([&](const std::string& key, const std::string& value) {
            graph_->Tables().Put(key, value);
        });
    }
    GYRE_TRY(graph_->Health());
    return graph_->Commit();
}

core::Status RdfLoad::FinishBulk() {
    rdf::BulkQuads::Flushing flushing;
    flushing.duplicate = [&](uint64_t place) {
        const auto after = std::ranges::upper_bound(parts_, place, {}, &Part::begin);
        if (after != parts_.begin()) ++std::prev(after)->counts->duplicates;
    };
    flushing.note = note_;
    return bulk_->Finish(flushing);
}

rdf::TermId RdfLoad::IdOf(const rdf::Term& term) {
    if (const auto id = rdf::InlineId(term)) return *id;
    if (term.IsBlank()) {
        const auto [entry, added] = blanks_.emplace(term.text, rdf::kNoTerm);
        if (added) entry->second = bulk_ ? bulk_->NewBlank() : quads_->NewBlank();
        return entry->second;
    }
    if (bulk_) return bulk_->Intern(term);
    std::string bytes = rdf::EncodeTerm(term);
    if (const auto known = known_.find(bytes); known != known_.end()) return known->second;
    const rdf::TermId id = quads_->Intern(term);
    if (known_.size() >= kMostKnown) known_.clear();
    known_.emplace(std::move(bytes), id);
    return id;
}

core::Status RdfLoad::Take(const rdf::Statement& statement, LoadCounts& counts) {
    GYRE_TRY(Begin());
    if (parts_.empty() || parts_.back().counts != &counts) parts_.push_back({pending_, &counts});
    if (!statement.graph && default_ == rdf::kNoTerm) default_ = IdOf(rdf::Iri(graph_iri_));
    const rdf::Quad quad{IdOf(statement.subject), IdOf(statement.predicate), IdOf(statement.object),
                         statement.graph ? IdOf(*statement.graph) : default_};
    ++counts.records;
    ++pending_;
    if (bulk_) {
        bulk_->Add(quad);
        // Looked at now and then: it is a sum of several.
        return pending_ % 1024 == 0 && bulk_->Bytes() > memory_ ? Finish() : core::Status();
    }
    if (!quads_->Add(quad)) ++counts.duplicates;
    return pending_ >= kStatementsAtOnce ? Finish() : core::Status();
}

core::Result<bool> RdfLoad::File(const std::string& file, ByteSource& source, rdf::RdfSyntax syntax,
                                 const LoadOptions& options, const core::CancelToken& cancel,
                                 LoadCounts& counts, const LoadReport& report) {
    blanks_.clear();
    std::string buffer;
    size_t at = 0;
    std::optional<core::Error> unreadable;
    rdf::RdfReading reading;
    reading.syntax = syntax;
    reading.base = base_;
    reading.more = [&](char* into, size_t size) -> core::Result<size_t> {
        if (at == buffer.size()) {
            buffer.clear();
            at = 0;
            report.progress();
            auto more = source.More(buffer);
            if (!more) {
                unreadable = more.error();
                return core::Fail(std::move(more.error()));
            }
        }
        const size_t part = std::min(size, buffer.size() - at);
        std::memcpy(into, buffer.data() + at, part);
        at += part;
        return part;
    };
    reading.take = [&](const rdf::Statement& statement) -> core::Status {
        if (cancel.Cancelled()) return core::Fail(Code::kCancelled, "the load was cancelled");
        return Take(statement, counts);
    };
    reading.report = [&](const rdf::ReadError& error) {
        ++counts.parsing_errors;
        report.error({"PARSING_ERROR", error.message, file, error.line});
        return !options.fail_on_error;
    };
    auto read = rdf::ReadRdf(reading);
    if (read || !unreadable) return read;
    const LoadError error = UnreadableFile(*unreadable, file, 0);
    if (error.code == "PARSING_ERROR") ++counts.parsing_errors;
    report.error(error);
    return false;
}

}  // namespace gyre::graph::load
