#include "graph/rdf/reader.h"

#include <serd/serd.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <memory>

#include "core/utf8.h"
#include "graph/rdf/detail/rdf_xml.h"
#include "graph/rdf/iri.h"

namespace gyre::graph::rdf {
namespace {

constexpr size_t kPage = 64 * 1024;
constexpr size_t kMostLine = size_t{16} << 20;
constexpr size_t kMostXml = size_t{256} << 20;

std::string_view Text(const SerdNode* node) {
    return {reinterpret_cast<const char*>(node->buf), node->n_bytes};
}

/// Serd's reader of one document, with its state in C's hands.
class SerdReading {
  public:
    explicit SerdReading(const RdfReading& reading) : reading_(reading) {
        env_.reset(serd_env_new(nullptr));
        if (!reading.base.empty()) {
            const SerdNode base = serd_node_from_string(
                SERD_URI, reinterpret_cast<const uint8_t*>(reading.base.c_str()));
            serd_env_set_base_uri(env_.get(), &base);
        }
        reader_.reset(
            serd_reader_new(Syntax(), this, nullptr, OnBase, OnPrefix, OnStatement, nullptr));
        serd_reader_set_strict(reader_.get(), true);
        serd_reader_set_error_sink(reader_.get(), OnError, this);
    }

    /// As one stream: the first error ends it.
    core::Result<bool> Read() {
        serd_reader_start_source_stream(reader_.get(), OnRead, OnStreamError, this, nullptr, kPage);
        while (true) {
            const SerdStatus status = serd_reader_read_chunk(reader_.get());
            if (failure_) return core::Fail(*failure_);
            if (status == SERD_SUCCESS) continue;
            if (status == SERD_FAILURE) return !reported_;  // the end
            if (!reported_) Report({0, "this cannot be read"});
            return false;
        }
    }

    /// Many lines at once; where there is an error among them, those that are left one by one.
    core::Result<bool> ReadLines() {
        std::string text;
        uint64_t line = 1;
        for (bool more = true; more;) {
            const size_t size = text.size();
            text.resize(size + kPage);
            GYRE_ASSIGN(const size_t got, reading_.more(text.data() + size, kPage));
            text.resize(size + got);
            more = got > 0;
            if (text.size() > kMostLine) {
                Report({line, "a line is longer than 16 MiB"});
                return false;
            }
            const size_t end = more ? text.rfind('\n') + 1 : text.size();
            if (end == 0) continue;
            GYRE_ASSIGN(const bool go_on, ReadBlock(text.substr(0, end), line));
            if (!go_on) return false;
            line += static_cast<uint64_t>(std::ranges::count(text.substr(0, end), '\n'));
            text.erase(0, end);
        }
        return true;
    }

  private:
    struct Free {
        void operator()(SerdEnv* env) const { serd_env_free(env); }
        void operator()(SerdReader* reader) const {
            serd_reader_end_stream(reader);  // its page is not freed with it
            serd_reader_free(reader);
        }
    };

    [[nodiscard]] SerdSyntax Syntax() const {
        switch (reading_.syntax) {
            case RdfSyntax::kNTriples:
                return SERD_NTRIPLES;
            case RdfSyntax::kNQuads:
                return SERD_NQUADS;
            case RdfSyntax::kTrig:
                return SERD_TRIG;
            default:
                return SERD_TURTLE;
        }
    }
    /// False: the reading ends.
    core::Result<bool> ReadBlock(const std::string& block, uint64_t line) {
        quiet_ = true;
        taken_ = skip_ = 0;
        const bool good = ReadText(block);
        quiet_ = false;
        if (failure_) return core::Fail(*failure_);
        if (good) return true;
        skip_ = taken_;  // those that came before the error have been taken
        for (size_t at = 0; at < block.size(); ++line) {
            const size_t end = std::min(block.find('\n', at), block.size());
            line_ = line;
            reported_ = false;
            if (!ReadText(block.substr(at, end - at) + "\n") && !failure_ && !reported_) {
                Report({line, "this line cannot be read"});
            }
            if (failure_) return core::Fail(*failure_);
            if (stopped_) return false;
            at = end + 1;
        }
        return true;
    }
    bool ReadText(const std::string& text) {
        const SerdStatus status =
            serd_reader_read_string(reader_.get(), reinterpret_cast<const uint8_t*>(text.c_str()));
        return (status == SERD_SUCCESS || status == SERD_FAILURE) &&
               text.find('\0') == std::string::npos;
    }
    void Report(ReadError error) {
        if (quiet_) return;
        reported_ = true;
        if (line_ != 0) error.line = line_;
        if (!reading_.report(std::move(error))) stopped_ = true;
    }

    static size_t OnRead(void* buffer, size_t, size_t count, void* self) {
        auto* reading = static_cast<SerdReading*>(self);
        // Serd takes less than a page for the end.
        size_t filled = 0;
        while (filled < count && !reading->failure_) {
            auto got = reading->reading_.more(static_cast<char*>(buffer) + filled, count - filled);
            if (!got) reading->failure_ = got.error();
            if (!got || *got == 0) break;
            filled += *got;
        }
        return filled;
    }
    static int OnStreamError(void* self) {
        return static_cast<SerdReading*>(self)->failure_ ? 1 : 0;
    }
    static SerdStatus OnError(void* self, const SerdError* error) {
        std::array<char, 512> message{};
        va_list arguments;
        va_copy(arguments, *error->args);
        std::vsnprintf(message.data(), message.size(), error->fmt, arguments);
        va_end(arguments);
        std::string text = message.data();
        while (text.ends_with('\n')) text.pop_back();
        auto* reading = static_cast<SerdReading*>(self);
        if (!reading->reported_) {
            reading->Report({error->line, "column " + std::to_string(error->col) + ": " + text});
        }
        return SERD_SUCCESS;
    }
    static SerdStatus OnBase(void* self, const SerdNode* uri) {
        return serd_env_set_base_uri(static_cast<SerdReading*>(self)->env_.get(), uri);
    }
    static SerdStatus OnPrefix(void* self, const SerdNode* name, const SerdNode* uri) {
        return serd_env_set_prefix(static_cast<SerdReading*>(self)->env_.get(), name, uri);
    }
    static SerdStatus OnStatement(void* self, SerdStatementFlags, const SerdNode* graph,
                                  const SerdNode* subject, const SerdNode* predicate,
                                  const SerdNode* object, const SerdNode* datatype,
                                  const SerdNode* language) {
        return static_cast<SerdReading*>(self)->Take(graph, subject, predicate, object, datatype,
                                                     language);
    }

    SerdStatus Take(const SerdNode* graph, const SerdNode* subject, const SerdNode* predicate,
                    const SerdNode* object, const SerdNode* datatype, const SerdNode* language) {
        Statement statement;
        bool whole = Node(subject, statement.subject) && Node(predicate, statement.predicate);
        if (object->type == SERD_LITERAL) {
            Term type;
            whole = whole &&
                    (datatype == nullptr || datatype->type == SERD_NOTHING || Node(datatype, type));
            statement.object = language != nullptr && language->type != SERD_NOTHING
                                   ? LangLiteral(Text(object), Text(language))
                                   : Literal(Text(object), type.text);
        } else {
            whole = whole && Node(object, statement.object);
        }
        if (graph != nullptr && graph->type != SERD_NOTHING) {
            whole = whole && Node(graph, statement.graph.emplace());
        }
        if (!whole) return SERD_ERR_BAD_CURIE;
        if (skip_ > 0) {
            --skip_;
            return SERD_SUCCESS;
        }
        ++taken_;
        if (auto taken = reading_.take(statement); !taken) {
            failure_ = std::move(taken.error());
            return SERD_ERR_INTERNAL;
        }
        return SERD_SUCCESS;
    }

    bool Node(const SerdNode* node, Term& term) {
        if (node->type == SERD_BLANK) {
            term = Blank(Text(node));
            return true;
        }
        if (node->type == SERD_CURIE) {
            SerdNode expanded = serd_env_expand_node(env_.get(), node);
            if (expanded.buf == nullptr) {
                Report({0, "the prefix of '" + std::string(Text(node)) + "' is not declared"});
                return false;
            }
            term = Iri(Text(&expanded));
            serd_node_free(&expanded);
            return true;
        }
        const SerdNode* base = serd_env_get_base_uri(env_.get(), nullptr);
        term =
            Iri(ResolveIri(base != nullptr && base->buf != nullptr ? Text(base) : "", Text(node)));
        if (!IsAbsoluteIri(term.text)) {
            Report({0, "the IRI <" + term.text + "> is relative, and there is no base"});
            return false;
        }
        return true;
    }

    const RdfReading& reading_;
    std::unique_ptr<SerdEnv, Free> env_;
    std::unique_ptr<SerdReader, Free> reader_;
    std::optional<core::Error> failure_;
    bool reported_ = false;
    bool stopped_ = false;
    // Of lines:
    bool quiet_ = false;  ///< errors are looked for later, line by line
    uint64_t line_ = 0;   ///< the one that is read by itself
    size_t taken_ = 0;    ///< statements of a block
    size_t skip_ = 0;     ///< statements that have been taken before
};

}  // namespace

core::Result<bool> ReadRdf(const RdfReading& reading) {
    if (reading.syntax == RdfSyntax::kNTriples || reading.syntax == RdfSyntax::kNQuads) {
        return SerdReading(reading).ReadLines();
    }
    if (reading.syntax != RdfSyntax::kRdfXml) return SerdReading(reading).Read();
    std::string text;
    while (true) {
        const size_t size = text.size();
        text.resize(size + kPage);
        GYRE_ASSIGN(const size_t got, reading.more(text.data() + size, kPage));
        text.resize(size + got);
        if (got == 0) break;
        if (text.size() > kMostXml) {
            reading.report({0, "an RDF/XML file is read up to 256 MiB: use N-Triples"});
            return false;
        }
    }
    return detail::ReadRdfXml(std::move(text), reading);
}

core::Result<std::optional<ReadError>> ReadRdfText(
    std::string_view text, RdfSyntax syntax, std::string base,
    std::function<core::Status(const Statement&)> take) {
    std::optional<ReadError> wrong;
    RdfReading reading;
    reading.syntax = syntax;
    reading.base = std::move(base);
    reading.more = [&](char* into, size_t size) -> core::Result<size_t> {
        const size_t part = text.copy(into, size);
        text.remove_prefix(part);
        return part;
    };
    reading.take = std::move(take);
    reading.report = [&](ReadError error) {
        wrong = std::move(error);
        return false;
    };
    GYRE_ASSIGN(const bool whole, ReadRdf(reading));
    if (!whole && !wrong) wrong = ReadError{0, "it cannot be read"};
    return wrong;
}

}  // namespace gyre::graph::rdf
