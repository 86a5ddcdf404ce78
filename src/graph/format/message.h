#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "graph/exec/context.h"
#include "graph/value.h"

namespace gyre::graph::format {

/// A bytecode as a value: that of Cardinality.set("x"), which clients send so, as what it means.
[[nodiscard]] Value FromBytecode(Bytecode bytecode);

/// How messages of the Gremlin protocol are written (TinkerPop, provider documentation).
enum class Mime : uint8_t {
    kGraphBinary,         ///< application/vnd.graphbinary-v1.0
    kGraphBinaryStrings,  ///< …-stringd: results as their texts
    kGraphSon2,
    kGraphSon3,
    kGraphSonUntyped,  ///< of any version, without types
};

/// Of a name such as "application/vnd.gremlin-v3.0+json;types=false"; false for another.
[[nodiscard]] bool ParseMime(std::string_view name, Mime& mime);
[[nodiscard]] std::string_view MimeName(Mime mime);

/// A request of the WebSocket sub-protocol.
struct Request {
    Uuid id;
    std::string op;
    std::string processor;
    Map arguments;
};

/// Errors: kInvalidArgument "MalformedQueryException" saying what is wrong, and where in the bytes.
[[nodiscard]] core::Result<Request> ReadRequest(Mime mime, std::string_view payload);

/// An answer, or a part of one. `results` are written by `context`'s graph.
struct Response {
    Uuid id;
    int code = 200;
    std::string message;
    Map attributes;
};

/// Writes values as the mime type has them; elements are read from the graph. Properties of
/// elements are left out where `tokens_only` says so.
class Writer {
  public:
    Writer(exec::Context* context, bool tokens_only) : context_(context), tokens_(tokens_only) {}

    /// Adds a value as an item of a result's list, with its type where the mime type says types.
    void Add(Mime mime, const Value& value, std::string& into);
    /// As a Traverser of that bulk.
    void AddTraverser(Mime mime, const Value& value, int64_t bulk, std::string& into);

  private:
    exec::Context* context_;
    const bool tokens_;
};

/// The whole message around `count` items that were added to `items`. A count of 0 with code 204
/// has no result.
[[nodiscard]] std::string WrapResponse(Mime mime, const Response& response, std::string_view items,
                                       size_t count);

}  // namespace gyre::graph::format
