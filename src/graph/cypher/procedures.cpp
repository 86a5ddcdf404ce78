#include "graph/cypher/procedures.h"

#include <algorithm>
#include <array>
#include <utility>

namespace gyre::graph::cypher {
namespace {

using plan::Procedure;
using plan::Type;

struct SignatureType {
    std::string_view word;
    std::vector<Type> types;
};

const std::vector<SignatureType>& SignatureTypes() {
    static const std::vector<SignatureType> names = {
        {"ANY", {}},
        {"BOOLEAN", {Type::kBoolean}},
        {"FLOAT", {Type::kFloat}},
        {"INTEGER", {Type::kInteger}},
        {"LIST", {Type::kList}},
        {"MAP", {Type::kMap}},
        {"NUMBER", {Type::kInteger, Type::kFloat}},
        {"STRING", {Type::kText}},
    };
    return names;
}

ProcedurePtr BuiltIn(std::string name, Procedure::Source source, std::string column) {
    auto procedure = std::make_shared<Procedure>();
    procedure->source = source;
    procedure->name = std::move(name);
    procedure->gives.push_back({std::move(column), {Type::kText}});
    return procedure;
}

const std::array<ProcedurePtr, 2>& BuiltIns() {
    static const std::array<ProcedurePtr, 2> all = {
        BuiltIn("db.labels", Procedure::Source::kLabels, "label"),
        BuiltIn("db.relationshipTypes", Procedure::Source::kRelationshipTypes, "relationshipType"),
    };
    return all;
}

ProcedurePtr FindBuiltIn(const std::string& name) {
    const auto found =
        std::ranges::find(BuiltIns(), name, [](const auto& one) { return one->name; });
    return found == BuiltIns().end() ? nullptr : *found;
}

/// Reads a signature from its beginning.
class SignatureReader {
  public:
    explicit SignatureReader(std::string_view text) : text_(text) {}

    core::Result<Procedure> Read() {
        Procedure procedure;
        GYRE_ASSIGN(procedure.name, Name());
        while (Take(".")) {
            GYRE_ASSIGN(const std::string part, Name());
            procedure.name += "." + part;
        }
        GYRE_ASSIGN(procedure.takes, Fields());
        if (!Take("::")) return Expected("'::'");
        GYRE_ASSIGN(procedure.gives, Fields());
        if (!Rest().empty()) return Expected("the end");
        return procedure;
    }

  private:
    std::string_view Rest() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
        return text_.substr(at_);
    }
    bool Take(std::string_view sign) {
        if (!Rest().starts_with(sign)) return false;
        at_ += sign.size();
        return true;
    }
    tl::unexpected<core::Error> Expected(const std::string& what) {
        return core::Fail(core::Code::kInvalidArgument, "InvalidParameterException",
                          "in the procedure's signature " + what + " was expected, found '" +
                              std::string(Rest()) + "'");
    }
    core::Result<std::string> Name() {
        std::string_view name = Rest();
        name = name.substr(0, name.find_first_of(" \t.(),:?"));
        if (name.empty()) return Expected("a name");
        at_ += name.size();
        return std::string(name);
    }
    core::Result<std::vector<Procedure::Field>> Fields() {
        std::vector<Procedure::Field> fields;
        if (!Take("(")) return Expected("'('");
        while (!Take(")")) {
            if (!fields.empty() && !Take(",")) return Expected("',' or ')'");
            Procedure::Field field;
            GYRE_ASSIGN(field.name, Name());
            if (!Take("::")) return Expected("'::' and a type");
            const size_t before = at_;
            GYRE_ASSIGN(const std::string word, Name());
            const auto type = std::ranges::find(SignatureTypes(), word, &SignatureType::word);
            if (type == SignatureTypes().end()) {
                at_ = before;
                return Expected("STRING, INTEGER, FLOAT, NUMBER, BOOLEAN, LIST, MAP or ANY");
            }
            field.types = type->types;
            Take("?");
            fields.push_back(std::move(field));
        }
        return fields;
    }

    const std::string_view text_;
    size_t at_ = 0;
};

std::string FieldsText(const std::vector<Procedure::Field>& fields) {
    std::string text = "(";
    for (const auto& field : fields) {
        if (text.size() > 1) text += ", ";
        const auto type = std::ranges::find(SignatureTypes(), field.types, &SignatureType::types);
        text += field.name + " :: " + std::string(type->word) + "?";
    }
    return text + ")";
}

}  // namespace

ProcedurePtr Procedures::Find(const std::string& name) const {
    if (ProcedurePtr own = FindBuiltIn(name)) return own;
    auto declared = declared_.Lock();
    const auto found = declared->find(name);
    return found == declared->end() ? nullptr : found->second;
}

core::Status Procedures::Declare(Procedure procedure) {
    if (FindBuiltIn(procedure.name)) {
        return core::Fail(core::Code::kInvalidArgument, "InvalidParameterException",
                          "there is a procedure " + procedure.name + " of this program's own");
    }
    std::string name = procedure.name;
    (*declared_.Lock())[std::move(name)] = std::make_shared<const Procedure>(std::move(procedure));
    return {};
}

bool Procedures::Forget(const std::string& name) {
    return declared_.Lock()->erase(name) > 0;
}

std::vector<ProcedurePtr> Procedures::Declared() const {
    std::vector<ProcedurePtr> all;
    auto declared = declared_.Lock();
    for (const auto& [name, procedure] : *declared) all.push_back(procedure);
    return all;
}

core::Result<Procedure> ParseSignature(std::string_view text) {
    return SignatureReader(text).Read();
}

std::string SignatureText(const Procedure& procedure) {
    return procedure.name + FieldsText(procedure.takes) + " :: " + FieldsText(procedure.gives);
}

}  // namespace gyre::graph::cypher
