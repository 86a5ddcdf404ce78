#include "graph/rdf/writer.h"

#include <map>

namespace gyre::graph::rdf {
namespace {

class LineWriter final : public TripleWriter {
  public:
    void Write(const Term& subject, const Term& predicate, const Term& object) override {
        AppendNTriples(text_, subject);
        text_ += ' ';
        AppendNTriples(text_, predicate);
        text_ += ' ';
        AppendNTriples(text_, object);
        text_ += " .\n";
    }
    core::Result<std::string> Finish() override { return std::move(text_); }

  private:
    std::string text_;
};

/// What follows one another of one subject stands together. Names are whole, so nothing needs to be
/// known beforehand.
class TurtleWriter final : public TripleWriter {
  public:
    void Write(const Term& subject, const Term& predicate, const Term& object) override {
        if (begun_ && subject == subject_) {
            text_ += predicate == predicate_ ? " ,\n        " : " ;\n    ";
        } else {
            if (begun_) text_ += " .\n";
            AppendNTriples(text_, subject);
            text_ += "\n    ";
            begun_ = true;
            subject_ = subject;
            predicate_ = {};
        }
        if (predicate != predicate_) {
            if (predicate.text == kRdfType) {
                text_ += 'a';
            } else {
                AppendNTriples(text_, predicate);
            }
            text_ += ' ';
            predicate_ = predicate;
        }
        AppendNTriples(text_, object);
    }
    core::Result<std::string> Finish() override {
        if (begun_) text_ += " .\n";
        return std::move(text_);
    }

  private:
    std::string text_;
    bool begun_ = false;
    Term subject_, predicate_;
};

bool BeginsXmlName(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}
bool InXmlName(char c) {
    return BeginsXmlName(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

class XmlWriter final : public TripleWriter {
  public:
    void Write(const Term& subject, const Term& predicate, const Term& object) override {
        size_t local = predicate.text.size();
        while (local > 0 && InXmlName(predicate.text[local - 1])) --local;
        while (local < predicate.text.size() && !BeginsXmlName(predicate.text[local])) ++local;
        if (local == predicate.text.size()) {
            if (unsayable_.empty()) unsayable_ = predicate.text;
            return;
        }
        if (!begun_ || subject != subject_) {
            if (begun_) text_ += "  </rdf:Description>\n";
            text_ += "  <rdf:Description ";
            Node("rdf:about", subject);
            text_ += ">\n";
            subject_ = subject;
            begun_ = true;
        }
        const std::string name = predicate.text.substr(local);
        text_ += "    <p:" + name + " xmlns:p=\"";
        AppendXml(text_, std::string_view(predicate.text).substr(0, local));
        text_ += '"';
        if (!object.IsLiteral()) {
            text_ += ' ';
            Node("rdf:resource", object);
            text_ += "/>\n";
            return;
        }
        if (!object.language.empty()) text_ += " xml:lang=\"" + object.language + "\"";
        if (!object.datatype.empty()) {
            text_ += " rdf:datatype=\"";
            AppendXml(text_, object.datatype);
            text_ += '"';
        }
        text_ += '>';
        AppendXml(text_, object.text);
        text_ += "</p:" + name + ">\n";
    }
    core::Result<std::string> Finish() override {
        if (!unsayable_.empty()) {
            return core::Fail(core::Code::kInvalidArgument, "BadRequestException",
                              "RDF/XML has no way to say the predicate <" + unsayable_ +
                                  ">: ask for another format");
        }
        if (begun_) text_ += "  </rdf:Description>\n";
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rdf:RDF xmlns:rdf=\"" +
               std::string(kRdf) + "\">\n" + text_ + "</rdf:RDF>\n";
    }

  private:
    void Node(std::string_view attribute, const Term& term) {
        text_ += term.IsBlank() ? "rdf:nodeID" : attribute;
        text_ += "=\"";
        AppendXml(text_, term.text);
        text_ += '"';
    }

    std::string text_;
    std::string unsayable_;
    bool begun_ = false;
    Term subject_;
};

}  // namespace

void AppendXml(std::string& text, std::string_view plain) {
    for (const char c : plain) {
        switch (c) {
            case '&':
                text += "&amp;";
                break;
            case '<':
                text += "&lt;";
                break;
            case '>':
                text += "&gt;";
                break;
            case '"':
                text += "&quot;";
                break;
            case '\r':
                text += "&#13;";
                break;
            default:
                text += c;
        }
    }
}

std::unique_ptr<TripleWriter> MakeTripleWriter(GraphFormat format) {
    switch (format) {
        case GraphFormat::kNTriples:
        case GraphFormat::kNQuads:
            return std::make_unique<LineWriter>();
        case GraphFormat::kTurtle:
        case GraphFormat::kTrig:
            return std::make_unique<TurtleWriter>();
        case GraphFormat::kRdfXml:
            break;
    }
    return std::make_unique<XmlWriter>();
}

}  // namespace gyre::graph::rdf
