#include "graph/sparql/results.h"

#include <algorithm>

#include "core/json.h"
#include "graph/rdf/writer.h"

namespace gyre::graph::sparql {
namespace {

using rdf::Term;

void AppendJson(std::string& text, std::string_view plain) {
    const bool escapes = std::ranges::any_of(plain, [](char c) {
        return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
    });
    if (escapes) {
        text += core::JsonText(core::Json(plain));
        return;
    }
    text += '"';
    text += plain;
    text += '"';
}

/// "SPARQL 1.1 Query Results JSON Format"
class JsonWriter final : public SolutionWriter {
  public:
    void Begin(const std::vector<std::string>& variables) override {
        text_ = R"({"head":{"vars":[)";
        for (const std::string& variable : variables) {
            names_.emplace_back();
            AppendJson(names_.back(), variable);
            if (names_.size() > 1) text_ += ',';
            text_ += names_.back();
        }
        text_ += R"(]},"results":{"bindings":[)";
    }
    void Solution(const Row& row) override {
        if (any_) text_ += ',';
        any_ = true;
        text_ += '{';
        bool first = true;
        for (size_t i = 0; i < row.size(); ++i) {
            if (!row[i]) continue;
            if (!first) text_ += ',';
            first = false;
            text_ += names_[i] + ":{";
            Write(*row[i]);
            text_ += '}';
        }
        text_ += '}';
    }
    void End() override { text_ += "]}}"; }
    void Boolean(bool answer) override {
        text_ = std::string(R"({"head":{},"boolean":)") + (answer ? "true" : "false") + "}";
    }

  private:
    void Write(const Term& term) {
        text_ += term.IsIri()     ? R"("type":"uri","value":)"
                 : term.IsBlank() ? R"("type":"bnode","value":)"
                                  : R"("type":"literal","value":)";
        AppendJson(text_, term.text);
        if (!term.language.empty()) {
            text_ += R"(,"xml:lang":)";
            AppendJson(text_, term.language);
        } else if (!term.datatype.empty()) {
            text_ += R"(,"datatype":)";
            AppendJson(text_, term.datatype);
        }
    }

    std::vector<std::string> names_;
    bool any_ = false;
};

/// "SPARQL Query Results XML Format"
class XmlWriter final : public SolutionWriter {
  public:
    void Begin(const std::vector<std::string>& variables) override {
        variables_ = variables;
        Head();
        text_ += "  <results>\n";
    }
    void Solution(const Row& row) override {
        text_ += "    <result>\n";
        for (size_t i = 0; i < row.size(); ++i) {
            if (!row[i]) continue;
            text_ += "      <binding name=\"" + variables_[i] + "\">";
            Write(*row[i]);
            text_ += "</binding>\n";
        }
        text_ += "    </result>\n";
    }
    void End() override { text_ += "  </results>\n</sparql>\n"; }
    void Boolean(bool answer) override {
        Head();
        text_ +=
            std::string("  <boolean>") + (answer ? "true" : "false") + "</boolean>\n</sparql>\n";
    }

  private:
    void Head() {
        text_ =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<sparql xmlns=\"http://www.w3.org/2005/sparql-results#\">\n  <head>\n";
        for (const std::string& variable : variables_) {
            text_ += "    <variable name=\"" + variable + "\"/>\n";
        }
        text_ += "  </head>\n";
    }
    void Write(const Term& term) {
        const std::string_view tag = term.IsIri() ? "uri" : term.IsBlank() ? "bnode" : "literal";
        text_ += '<';
        text_ += tag;
        if (!term.language.empty()) {
            text_ += " xml:lang=\"" + term.language + "\"";
        } else if (!term.datatype.empty()) {
            text_ += " datatype=\"";
            rdf::AppendXml(text_, term.datatype);
            text_ += '"';
        }
        text_ += '>';
        rdf::AppendXml(text_, term.text);
        text_ += "</";
        text_ += tag;
        text_ += '>';
    }

    std::vector<std::string> variables_;
};

/// Whether SPARQL writes such a literal without quotes and a datatype.
bool IsBareNumber(const Term& term) {
    std::string_view text = term.text;
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    const auto digits = [&] {
        const size_t begin = text.size();
        while (!text.empty() && text.front() >= '0' && text.front() <= '9') text.remove_prefix(1);
        return begin - text.size();
    };
    const size_t whole = digits();
    if (term.datatype == rdf::kXsdInteger) return whole > 0 && text.empty();
    if (!text.starts_with('.')) return false;
    text.remove_prefix(1);
    if (digits() == 0) return false;
    if (term.datatype == rdf::kXsdDecimal) return text.empty();
    if (term.datatype != rdf::kXsdDouble || whole == 0 || text.empty()) return false;
    if (text.front() != 'e' && text.front() != 'E') return false;
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    return digits() > 0 && text.empty();
}

/// "SPARQL 1.1 Query Results CSV and TSV Formats": CSV has values, TSV terms.
class TableWriter final : public SolutionWriter {
  public:
    explicit TableWriter(bool tabs) : tabs_(tabs) {}
    void Begin(const std::vector<std::string>& variables) override {
        for (size_t i = 0; i < variables.size(); ++i) {
            if (i > 0) text_ += tabs_ ? '\t' : ',';
            if (tabs_) text_ += '?';
            text_ += variables[i];
        }
        text_ += tabs_ ? "\n" : "\r\n";
    }
    void Solution(const Row& row) override {
        for (size_t i = 0; i < row.size(); ++i) {
            if (i > 0) text_ += tabs_ ? '\t' : ',';
            if (!row[i]) continue;
            if (tabs_ && IsBareNumber(*row[i])) {
                text_ += row[i]->text;
            } else if (tabs_) {
                rdf::AppendNTriples(text_, *row[i]);
            } else {
                Quoted((row[i]->IsBlank() ? "_:" : "") + row[i]->text);
            }
        }
        text_ += tabs_ ? "\n" : "\r\n";
    }
    void End() override {}
    void Boolean(bool answer) override { text_ = answer ? "true" : "false"; }

  private:
    void Quoted(const std::string& value) {
        if (value.find_first_of(",\"\r\n") == std::string::npos) {
            text_ += value;
            return;
        }
        text_ += '"';
        for (const char c : value) {
            if (c == '"') text_ += '"';
            text_ += c;
        }
        text_ += '"';
    }

    const bool tabs_;
};

}  // namespace

std::unique_ptr<SolutionWriter> MakeSolutionWriter(SolutionFormat format) {
    switch (format) {
        case SolutionFormat::kJson:
            return std::make_unique<JsonWriter>();
        case SolutionFormat::kXml:
            return std::make_unique<XmlWriter>();
        case SolutionFormat::kCsv:
        case SolutionFormat::kTsv:
            break;
    }
    return std::make_unique<TableWriter>(format == SolutionFormat::kTsv);
}

}  // namespace gyre::graph::sparql
