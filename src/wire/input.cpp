#include <utility>

#include "wire/cbor.h"
#include "wire/detail/constraints.h"
#include "wire/detail/json_reader.h"
#include "wire/detail/query_reader.h"
#include "wire/detail/rest_members.h"
#include "wire/detail/tables.h"
#include "wire/detail/xml_reader.h"
#include "wire/protocol.h"

namespace gyre::wire {
namespace {

using core::Json;
using core::JsonObject;
using core::Result;

Result<Json> ParseBody(std::string_view body) {
    if (body.empty()) return Json(JsonObject());
    auto parsed = core::ParseJson(body);
    if (!parsed) {
        return core::Fail(core::Code::kInvalidArgument, "SerializationException",
                          "the body is no JSON: " + parsed.error().message);
    }
    return parsed;
}

const Member* FindMember(const Shape& shape, std::string_view name) {
    for (const Member& member : shape.members) {
        if (member.name == name) return &member;
    }
    return nullptr;
}

// The members of a body that is a JSON object, beside those from path, query and headers.
core::Status ReadJsonBody(const Shape& shape, std::string_view body, JsonObject& into) {
    const Shape* target = &shape;
    const Member* payload = FindMember(shape, shape.payload);
    if (payload != nullptr) {
        if (payload->shape->type != ShapeType::kStructure) return {};
        target = payload->shape;
    }
    GYRE_ASSIGN(const Json parsed, ParseBody(body));
    GYRE_ASSIGN(Json document, detail::ReadJsonShape(*target, parsed, ""));
    if (payload != nullptr) {
        into[payload->name] = std::move(document);
        return {};
    }
    for (auto& [name, value] : document.as_object()) {
        const Member* member = FindMember(shape, name);
        if (member->location == Location::kBody) into[name] = std::move(value);
    }
    return {};
}

core::Status ReadXmlBody(const Shape& shape, std::string_view body, JsonObject& into) {
    const Member* payload = FindMember(shape, shape.payload);
    if (payload == nullptr || payload->shape->type != ShapeType::kStructure) return {};
    if (body.empty()) {
        if (!payload->required) return {};
        return core::Fail(core::Code::kInvalidArgument, "MissingRequestBodyError",
                          "Request Body is empty");
    }
    GYRE_ASSIGN(into[payload->name], detail::ReadXmlShape(*payload->shape, body));
    return {};
}

// What is wrong within a document that was sent has a name of its own.
core::Status CheckXmlPayload(const Shape& shape, const Json& document) {
    const Member* payload = FindMember(shape, shape.payload);
    const Json* sent = payload == nullptr ? nullptr : core::JsonFind(document, payload->name);
    if (sent == nullptr || payload->shape->type != ShapeType::kStructure) return {};
    detail::Violations violations;
    detail::CheckConstraints(*payload->shape, *sent, detail::PathName(payload->name), false,
                             violations);
    if (violations.Empty()) return {};
    core::Error error = violations.ToError();
    error.wire_name = "MalformedXML";
    error.message =
        "The XML you provided was not well-formed or did not validate against our "
        "published schema (" +
        error.message + ")";
    return core::Fail(std::move(error));
}

Result<Json> ReadForm(const Shape& shape, const net::RequestHead& head, std::string_view body) {
    detail::FormFields fields;
    for (const std::string_view text : {std::string_view(head.query), body}) {
        auto parsed = net::ParseQuery(text);
        if (!parsed) {
            return core::Fail(core::Code::kInvalidArgument, "MalformedQueryString",
                              "The form has a broken escape.");
        }
        for (auto& field : *parsed) fields.push_back(std::move(field));
    }
    return detail::ReadFormShape(shape, fields);
}

}  // namespace

Result<Json> ParseInput(const Route& route, const net::RequestHead& head, std::string_view body) {
    const Shape& shape = *route.operation->input;
    Json document = route.path_members;
    switch (route.service->protocol) {
        case Protocol::kJson10:
        case Protocol::kJson11: {
            GYRE_ASSIGN(const Json parsed, ParseBody(body));
            GYRE_ASSIGN(document, detail::ReadJsonShape(shape, parsed, ""));
            break;
        }
        case Protocol::kQuery: {
            GYRE_ASSIGN(document, ReadForm(shape, head, body));
            break;
        }
        case Protocol::kCbor: {
            Json parsed = JsonObject();
            if (!body.empty()) {
                GYRE_ASSIGN(parsed, ReadCbor(body));
            }
            GYRE_ASSIGN(document, detail::ReadJsonShape(shape, parsed, ""));
            break;
        }
        case Protocol::kRestJson:
            GYRE_TRY(detail::ReadRestMembers(shape, head, document.as_object()));
            GYRE_TRY(ReadJsonBody(shape, body, document.as_object()));
            break;
        case Protocol::kRestXml:
            GYRE_TRY(detail::ReadRestMembers(shape, head, document.as_object()));
            GYRE_TRY(ReadXmlBody(shape, body, document.as_object()));
            break;
    }
    detail::Violations violations;
    const bool s3 = route.service->protocol == Protocol::kRestXml;
    if (s3) GYRE_TRY(CheckXmlPayload(shape, document));
    detail::CheckConstraints(shape, document, "", !s3, violations);
    if (!violations.Empty()) {
        core::Error error = violations.ToError();
        if (s3) error.wire_name = "InvalidArgument";
        return core::Fail(std::move(error));
    }
    return document;
}

}  // namespace gyre::wire
