#include "graph/door/procedures_page.h"

#include <utility>

#include "core/file_system.h"
#include "core/json.h"
#include "graph/door/json_page.h"
#include "graph/exec/cypher_values.h"
#include "graph/format/graphson.h"
#include "graph/number.h"

namespace gyre::graph::door {
namespace {

using core::Code;
using core::Json;
using core::JsonArray;
using core::JsonObject;

constexpr std::string_view kProceduresPath = "/procedures";

tl::unexpected<core::Error> RefuseTable(std::string what) {
    return core::Fail(Code::kInvalidArgument, "InvalidParameterException", std::move(what));
}

/// Integers and floats as openCypher has them, in lists and maps too.
Value WideAll(const Value& value) {
    if (const auto* list = value.If<Ptr<List>>()) {
        Values items;
        for (const Value& item : (*list)->items) items.push_back(WideAll(item));
        return MakeList(std::move(items));
    }
    return exec::Wide(value);
}

bool FitsField(const plan::Procedure::Field& field, const Value& value) {
    if (value.IsNull() || field.types.empty()) return true;
    for (const plan::Type type : field.types) {
        switch (type) {
            case plan::Type::kBoolean:
                if (value.Is<bool>()) return true;
                break;
            case plan::Type::kInteger:
                if (value.Is<int64_t>()) return true;
                break;
            case plan::Type::kFloat:
                if (value.Is<double>() || value.Is<int64_t>()) return true;
                break;
            case plan::Type::kText:
                if (value.Is<std::string>()) return true;
                break;
            case plan::Type::kList:
                if (value.Is<Ptr<List>>()) return true;
                break;
            default:
                if (value.Is<Ptr<Map>>()) return true;
        }
    }
    return false;
}

core::Result<Values> ReadTableRow(const plan::Procedure& procedure, const Json& json) {
    const size_t width = procedure.takes.size() + procedure.gives.size();
    if (!json.is_array() || json.get_array().size() != width) {
        return RefuseTable("each of rows is an array of " + std::to_string(width) +
                           " values, as the signature has it");
    }
    Values row;
    for (const Json& cell : json.get_array()) {
        GYRE_ASSIGN(const Value read, format::ReadGraphSon(cell));
        const size_t column = row.size();
        const auto& field = column < procedure.takes.size()
                                ? procedure.takes[column]
                                : procedure.gives[column - procedure.takes.size()];
        row.push_back(WideAll(read));
        if (!FitsField(field, row.back())) {
            return RefuseTable(field.name + " is of another type than " + DisplayText(row.back()));
        }
    }
    return row;
}

core::Result<plan::Procedure> ReadTable(const Json& json) {
    const auto signature = core::JsonString(json, "signature");
    if (!signature) return RefuseTable("the body is {\"signature\": \"…\", \"rows\": [[…]]}");
    GYRE_ASSIGN(plan::Procedure procedure, cypher::ParseSignature(*signature));
    const Json* rows = core::JsonFind(json, "rows");
    if (rows == nullptr) return procedure;
    if (!rows->is_array()) return RefuseTable("rows is an array of arrays");
    for (const Json& one : rows->get_array()) {
        GYRE_ASSIGN(Values row, ReadTableRow(procedure, one));
        procedure.rows.push_back(std::move(row));
    }
    return procedure;
}

Json TableJson(const Value& value) {
    if (value.IsNull()) return nullptr;
    if (value.Is<bool>()) return value.As<bool>();
    if (value.Is<int64_t>()) return value.As<int64_t>();
    if (value.Is<double>()) return value.As<double>();
    if (const auto* list = value.If<Ptr<List>>()) {
        JsonArray array;
        for (const Value& item : (*list)->items) array.push_back(TableJson(item));
        return array;
    }
    if (const auto* map = value.If<Ptr<Map>>()) {
        JsonObject object;
        for (const auto& [key, inner] : (*map)->Items())
            object[DisplayText(key)] = TableJson(inner);
        return object;
    }
    return Json(DisplayText(value));
}

JsonObject TableJson(const plan::Procedure& procedure) {
    JsonArray rows;
    for (const Values& row : procedure.rows) {
        JsonArray cells;
        for (const Value& cell : row) cells.push_back(TableJson(cell));
        rows.push_back(std::move(cells));
    }
    return {{"signature", cypher::SignatureText(procedure)}, {"rows", std::move(rows)}};
}

JsonObject AllTablesJson(const cypher::Procedures& procedures) {
    JsonArray all;
    for (const auto& one : procedures.Declared()) all.push_back(TableJson(*one));
    return {{"procedures", std::move(all)}};
}

}  // namespace

core::Result<std::unique_ptr<ProceduresPage>> ProceduresPage::Open(std::filesystem::path file) {
    std::unique_ptr<ProceduresPage> page(new ProceduresPage(std::move(file)));
    const auto text = core::ReadFile(core::RealFileSystem(), page->file_);
    if (!text && text.error().code == Code::kNotFound) return page;
    if (!text) return core::Fail(text.error());
    if (auto status = page->Load(*text); !status) {
        return core::Fail(std::move(status.error()).In(page->file_.string()));
    }
    return page;
}

core::Status ProceduresPage::Load(const std::string& text) {
    GYRE_ASSIGN(const Json json, core::ParseJson(text));
    const Json* all = core::JsonFind(json, "procedures");
    if (all == nullptr || !all->is_array()) {
        return core::Fail(Code::kDataLoss, "", "this file holds no procedures");
    }
    for (const Json& one : all->get_array()) {
        GYRE_ASSIGN(plan::Procedure procedure, ReadTable(one));
        GYRE_TRY(procedures_.Declare(std::move(procedure)));
    }
    return {};
}

core::Status ProceduresPage::Save() const {
    return core::WriteFileAtomically(core::RealFileSystem(), file_,
                                     core::JsonText(AllTablesJson(procedures_)));
}

core::Result<net::Response> ProceduresPage::Serve(const net::RequestHead& head,
                                                  const std::string& body) {
    if (head.method == "GET") return JsonPage(AllTablesJson(procedures_));
    const std::lock_guard lock(changing_);
    if (head.method == "POST") {
        const auto json = core::ParseJson(body);
        if (!json) return RefuseTable("the body is no JSON: " + json.error().message);
        GYRE_ASSIGN(plan::Procedure procedure, ReadTable(*json));
        JsonObject answer{{"signature", cypher::SignatureText(procedure)}};
        GYRE_TRY(procedures_.Declare(std::move(procedure)));
        GYRE_TRY(Save());
        return JsonPage(answer);
    }
    if (head.method != "DELETE") {
        return core::Fail(Code::kInvalidArgument, "MethodNotAllowedException",
                          "procedures are asked for with GET, POST and DELETE");
    }
    const std::string_view path = head.path;
    const size_t end = path.find(kProceduresPath) + kProceduresPath.size();
    const std::string name(path.substr(std::min(end + 1, path.size())));
    if (!procedures_.Forget(name)) {
        return core::Fail(Code::kNotFound, "ResourceNotFoundException",
                          "no procedure was declared under the name '" + name + "'");
    }
    GYRE_TRY(Save());
    return JsonPage(JsonObject{{"status", "200 OK"}});
}

}  // namespace gyre::graph::door
