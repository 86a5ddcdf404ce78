#include "graph/format/message.h"

#include "graph/exec/attach.h"
#include "graph/format/graph_binary.h"
#include "graph/format/graphson.h"

namespace gyre::graph::format {
namespace {

std::string TextOf(exec::Context* context, const Value& value) {
    return context != nullptr ? exec::ShownText(context->graph, value) : DisplayText(value);
}

}  // namespace

Value FromBytecode(Bytecode bytecode) {
    if (bytecode.sources.size() == 1 && bytecode.steps.empty() &&
        bytecode.sources[0].name == "CardinalityValueTraversal" &&
        bytecode.sources[0].arguments.size() == 2 &&
        bytecode.sources[0].arguments[0].IsToken(TokenKind::kCardinality)) {
        Values& arguments = bytecode.sources[0].arguments;
        return Value(std::make_shared<CardinalityValue>(CardinalityValue{
            static_cast<Cardinality>(arguments[0].As<Token>().value), std::move(arguments[1])}));
    }
    return Value(std::make_shared<Bytecode>(std::move(bytecode)));
}

bool ParseMime(std::string_view name, Mime& mime) {
    const size_t semicolon = name.find(';');
    const bool untyped = name.find("types=false") != std::string_view::npos ||
                         name.find("untyped-json") != std::string_view::npos;
    std::string_view type = name.substr(0, semicolon);
    while (type.ends_with(' ')) type.remove_suffix(1);
    if (type == "application/vnd.graphbinary-v1.0") {
        mime = Mime::kGraphBinary;
    } else if (type == "application/vnd.graphbinary-v1.0-stringd") {
        mime = Mime::kGraphBinaryStrings;
    } else if (type == "application/vnd.gremlin-v2.0+json") {
        mime = untyped ? Mime::kGraphSonUntyped : Mime::kGraphSon2;
    } else if (type == "application/vnd.gremlin-v3.0+json" || type == "application/json") {
        mime = untyped ? Mime::kGraphSonUntyped : Mime::kGraphSon3;
    } else if (type == "application/vnd.gremlin-v1.0+json" || untyped) {
        mime = Mime::kGraphSonUntyped;
    } else {
        return false;
    }
    return true;
}

std::string_view MimeName(Mime mime) {
    switch (mime) {
        case Mime::kGraphBinary:
            return "application/vnd.graphbinary-v1.0";
        case Mime::kGraphBinaryStrings:
            return "application/vnd.graphbinary-v1.0-stringd";
        case Mime::kGraphSon2:
            return "application/vnd.gremlin-v2.0+json";
        case Mime::kGraphSon3:
            return "application/vnd.gremlin-v3.0+json";
        case Mime::kGraphSonUntyped:
            return "application/json";
    }
    return "application/json";
}

core::Result<Request> ReadRequest(Mime mime, std::string_view payload) {
    if (mime == Mime::kGraphBinary || mime == Mime::kGraphBinaryStrings) {
        return ReadBinaryRequest(payload);
    }
    return ReadGraphSonRequest(payload);
}

void Writer::Add(Mime mime, const Value& value, std::string& into) {
    switch (mime) {
        case Mime::kGraphBinary:
            return BinaryWriter(context_, tokens_, into).Value(value);
        case Mime::kGraphBinaryStrings:
            return BinaryWriter(context_, tokens_, into)
                .Value(graph::Value(TextOf(context_, value)));
        default:
            if (!into.empty()) into += ',';
            return GraphSonWriter(context_, tokens_, mime, into).Value(value);
    }
}

void Writer::AddTraverser(Mime mime, const Value& value, int64_t bulk, std::string& into) {
    switch (mime) {
        case Mime::kGraphBinary:
            return BinaryWriter(context_, tokens_, into).Traverser(value, bulk);
        case Mime::kGraphBinaryStrings:
            return BinaryWriter(context_, tokens_, into)
                .Traverser(graph::Value(TextOf(context_, value)), bulk);
        default:
            if (!into.empty()) into += ',';
            return GraphSonWriter(context_, tokens_, mime, into).Traverser(value, bulk);
    }
}

std::string WrapResponse(Mime mime, const Response& response, std::string_view items,
                         size_t count) {
    if (mime == Mime::kGraphBinary || mime == Mime::kGraphBinaryStrings) {
        return WrapBinary(response, items, count);
    }
    return WrapGraphSon(mime, response, items);
}

}  // namespace gyre::graph::format
