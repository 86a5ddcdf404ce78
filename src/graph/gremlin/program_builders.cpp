#include "graph/gremlin/detail/builder.h"

namespace gyre::graph::gremlin::detail {
namespace {

using core::Result;
using plan::Op;
using plan::Step;

/// call(), call(service), call(service, map), call(service, traversal), call(service, map,
/// traversal)
Result<Step> CallService(const Call& call) {
    Step step = call.Step(Op::kCall);
    step.texts = {"--list"};
    std::span<const Value> rest = call.All();
    if (!rest.empty()) {
        if (!rest[0].Is<std::string>()) return call.Wrong("the name of a service");
        step.texts = {rest[0].As<std::string>()};
        rest = rest.subspan(1);
    }
    if (!rest.empty() && (rest[0].Is<Ptr<Map>>() || rest[0].IsNull())) {
        step.values = {rest[0]};
        rest = rest.subspan(1);
    }
    if (!rest.empty()) {
        GYRE_ASSIGN(auto child, call.Child(rest[0]));
        step.children.push_back(std::move(child));
        rest = rest.subspan(1);
    }
    if (!rest.empty()) return call.Wrong("a service's name, a map and a traversal");
    return step;
}

/// A program over the whole graph, which the reference has only on a source withComputer().
Result<Step> Program(const Call& call, Op op) {
    Step step = call.Step(op);
    step.texts = {call.Name()};
    if (call.Name() == "pageRank" && call.Count() == 1 && call.At(0).IsNumber()) {
        step.values = {call.At(0)};
    } else if (call.Count() != 0) {
        return call.Wrong(call.Name() == "pageRank" ? "at most alpha, a number" : "no argument");
    }
    return step;
}

}  // namespace

void AddProgramBuilders(Builders& all) {
    all["call"] = CallService;
    for (const std::string_view name : {"pageRank", "peerPressure", "connectedComponent"}) {
        all[name] = [](const Call& call) { return Program(call, Op::kRank); };
    }
    all["shortestPath"] = [](const Call& call) { return Program(call, Op::kShortestPath); };
}

}  // namespace gyre::graph::gremlin::detail
