#include <algorithm>
#include <utility>

#include "graph/gremlin/detail/builder.h"
#include "graph/plan/query_options.h"
#include "graph/plan/walk.h"

namespace gyre::graph::gremlin::detail {
namespace {

using core::Code;

/// The strategy's option as a truth value; false where it is not given.
bool IsOn(const Strategy& strategy, std::string_view option) {
    return std::ranges::any_of(strategy.configuration, [&](const auto& one) {
        return one.first == option && one.second.template Is<bool>() &&
               one.second.template As<bool>();
    });
}

/// What a strategy names, as texts: of a list, a set or one text.
std::vector<std::string> TextsOf(const Value& value) {
    std::vector<std::string> texts;
    const auto add = [&](const Values& items) {
        for (const Value& item : items) texts.push_back(DisplayText(item));
    };
    if (const auto* list = value.If<Ptr<List>>())
        add((*list)->items);
    else if (const auto* set = value.If<Ptr<Set>>())
        add((*set)->items);
    else
        add({value});
    return texts;
}

/// Without the packages of Java's full name.
std::string_view ShortName(std::string_view name) {
    const size_t dot = name.rfind('.');
    return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

/// Strategies that choose how to compute, and not what.
constexpr std::string_view kOfHow[] = {"AdjacentToIncidentStrategy",
                                       "ByModulatorOptimizationStrategy",
                                       "ComputerFinalizationStrategy",
                                       "ComputerVerificationStrategy",
                                       "ConnectiveStrategy",
                                       "CountStrategy",
                                       "EarlyLimitStrategy",
                                       "FilterRankingStrategy",
                                       "GValueReductionStrategy",
                                       "GraphFilterStrategy",
                                       "HaltedTraverserStrategy",
                                       "IdentityRemovalStrategy",
                                       "IncidentToAdjacentStrategy",
                                       "InlineFilterStrategy",
                                       "LazyBarrierStrategy",
                                       "MatchAlgorithmStrategy",
                                       "MatchPredicateStrategy",
                                       "MessagePassingReductionStrategy",
                                       "OrderLimitStrategy",
                                       "PathProcessorStrategy",
                                       "PathRetractionStrategy",
                                       "ProfileStrategy",
                                       "ReferenceElementStrategy",
                                       "RemoteStrategy",
                                       "RepeatUnrollStrategy",
                                       "RequirementsStrategy",
                                       "SackStrategy",
                                       "SideEffectStrategy",
                                       "StandardVerificationStrategy",
                                       "TinkerGraphCountStrategy",
                                       "TinkerGraphStepStrategy"};

core::Error Refused(std::string message) {
    return {Code::kInvalidArgument, "InvalidParameterException", std::move(message)};
}

}  // namespace

core::Status Compiler::SourceStrategy(const Strategy& strategy) {
    const std::string_view name = ShortName(strategy.name);
    if (name == "OptionsStrategy") {
        for (const auto& [key, value] : strategy.configuration) {
            query.options.emplace_back(key, value);
        }
    } else if (name == "ProductiveByStrategy") {
        Value keys(true);
        for (const auto& [key, value] : strategy.configuration) {
            if (key == "productiveKeys") keys = value;
        }
        query.options.emplace_back(plan::kProductiveBy, std::move(keys));
    } else if (name == "SeedStrategy") {
        for (const auto& [key, value] : strategy.configuration) {
            if (key == "seed" && value.IsNumber()) query.options.emplace_back(plan::kSeed, value);
        }
    } else if (name == "ReadOnlyStrategy") {
        read_only_ = true;
    } else if (name == "SubgraphStrategy") {
        return Subgraph(strategy);
    } else if (name == "PartitionStrategy") {
        return Partition(strategy);
    } else if (name == "EdgeLabelVerificationStrategy") {
        wants_edge_labels_ = IsOn(strategy, "throwException");
    } else if (name == "ReservedKeysVerificationStrategy") {
        if (!IsOn(strategy, "throwException")) return {};
        reserved_ = {"id", "label"};
        for (const auto& [key, value] : strategy.configuration) {
            if (key == "keys") reserved_ = TextsOf(value);
        }
    } else if (name == "VertexProgramStrategy") {
        computer_ = true;
    } else if (name == "VertexProgramRestrictionStrategy") {
        no_computer_ = true;
    } else if (name == "ElementIdStrategy") {
        id_key_ = "__id";
        for (const auto& [key, value] : strategy.configuration) {
            if (key == "idPropertyKey") id_key_ = DisplayText(value);
        }
    } else if (name == "LambdaRestrictionStrategy") {
        no_lambdas_ = true;
    } else if (name == "EventStrategy") {
        return core::Fail(Code::kUnimplemented, "UnsupportedOperationException",
                          std::string(name) + " is not implemented");
    } else if (std::ranges::find(kOfHow, name) == std::end(kOfHow)) {
        return core::Fail(Refused("TraversalStrategy not recognized - " + std::string(name)));
    }
    return {};
}

// The rules by which plans are made cheaper stay: they change nothing that a query could see.
void Compiler::WithoutStrategy(const Value& strategy) {
    const auto* object = strategy.If<Ptr<Strategy>>();
    const std::string name = object != nullptr ? (*object)->name : DisplayText(strategy);
    const std::string_view left_out = ShortName(name);
    if (left_out == "ConnectiveStrategy") infix_ = false;
    if (left_out == "VertexProgramStrategy") computer_ = false;
    if (left_out == "VertexProgramRestrictionStrategy") no_computer_ = false;
}

core::Status Compiler::Verify(const plan::Traversal& root) const {
    core::Status status;
    const auto profiles = [](const plan::Step& step) { return step.op == plan::Op::kProfile; };
    const auto first = std::ranges::find_if(root.steps, profiles);
    if (first != root.steps.end()) {
        auto rest = first + 1;
        const auto end = root.steps.end();
        if (std::any_of(rest, end, profiles)) {
            return core::Fail(Refused("The profile()-Step cannot be specified multiple times."));
        }
        if (!first->texts.empty() && rest != end && rest->op == plan::Op::kCap) ++rest;
        if (rest != end && rest->op == plan::Op::kDiscard) ++rest;  // iterate()
        if (rest != end) {
            return core::Fail(
                Refused("When specified, the profile()-Step must be the last step or "
                        "followed only by the cap()-step."));
        }
    }
    plan::ForEachStep(root, [&](const plan::Step& step) {
        const bool hops = step.op == plan::Op::kToVertices || step.op == plan::Op::kToEdges;
        if (wants_edge_labels_ && hops && step.texts.empty()) {
            status =
                core::Fail(Refused("The provided traversal contains a vertex step without any "
                                   "specified edge label"));
        }
        if (no_lambdas_ && step.op == plan::Op::kLambda) {
            status = core::Fail(Refused("The provided traversal contains a lambda step"));
        }
        const bool reads = step.op == plan::Op::kProperties || step.op == plan::Op::kValues ||
                           step.op == plan::Op::kValueMap || step.op == plan::Op::kPropertyMap;
        for (const plan::Restriction& restriction : restrictions_) {
            if (!reads || !restriction.meta) continue;
            if (std::ranges::find(step.texts, *restriction.partition_key) != step.texts.end()) {
                status = core::Fail(
                    Refused("Cannot explicitly request the partitionKey in the traversal"));
            }
        }
        const bool program = step.op == plan::Op::kRank || step.op == plan::Op::kShortestPath;
        if (program && !computer_) {
            status =
                core::Fail(Refused("VertexComputing steps must be executed with a "
                                   "GraphComputer: g.withComputer()." +
                                   step.texts[0] + "()"));
        }
        for (const plan::Setting& setting : step.settings) {
            const auto* key = setting.key.value.If<std::string>();
            if (key == nullptr || std::ranges::find(reserved_, *key) == reserved_.end()) continue;
            status = core::Fail(Refused(
                "The provided traversal contains a step that is setting a property key to a "
                "reserved word: " +
                *key));
        }
    });
    return status;
}

core::Status Compiler::Subgraph(const Strategy& strategy) {
    plan::Restriction restriction;
    for (const auto& [key, value] : strategy.configuration) {
        if (key == "strategy") continue;  // Java's name of it, which Python sends
        if (key == "checkAdjacentVertices") {
            restriction.adjacent = !value.Is<bool>() || value.As<bool>();
            continue;
        }
        const auto* bytecode = value.If<Ptr<Bytecode>>();
        plan::TraversalPtr* const place = key == "vertices"           ? &restriction.vertices
                                          : key == "edges"            ? &restriction.edges
                                          : key == "vertexProperties" ? &restriction.properties
                                                                      : nullptr;
        if (place == nullptr || bytecode == nullptr) {
            return core::Fail(Code::kUnimplemented, "UnsupportedOperationException",
                              "SubgraphStrategy's option " + key + " is not implemented");
        }
        GYRE_ASSIGN(plan::Traversal test, Traversal((*bytecode)->steps, false));
        *place = std::make_shared<const plan::Traversal>(std::move(test));
    }
    restrictions_.push_back(std::move(restriction));
    return {};
}

core::Status Compiler::Partition(const Strategy& strategy) {
    plan::Restriction restriction;
    restriction.adjacent = false;
    auto within = std::make_shared<Predicate>();
    within->op = Predicate::Op::kWithin;
    for (const auto& [key, value] : strategy.configuration) {
        if (key == "strategy") continue;
        if (key == "partitionKey" && value.Is<std::string>()) {
            restriction.partition_key = value.As<std::string>();
        } else if (key == "writePartition") {
            restriction.write_partition = value;
        } else if (key == "readPartitions") {
            if (const auto* list = value.If<Ptr<List>>())
                within->values = (*list)->items;
            else if (const auto* set = value.If<Ptr<Set>>())
                within->values = (*set)->items;
        } else if (key == "includeMetaProperties") {
            restriction.meta = value.Is<bool>() && value.As<bool>();
        } else {
            return core::Fail(Code::kUnimplemented, "UnsupportedOperationException",
                              "PartitionStrategy's option " + key + " is not implemented");
        }
    }
    if (!restriction.partition_key) {
        return core::Fail(Code::kInvalidArgument, "InvalidParameterException",
                          "PartitionStrategy has a partitionKey");
    }
    plan::Step has;
    has.op = plan::Op::kHas;
    has.tests.push_back({{}, *restriction.partition_key, within, nullptr});
    plan::Traversal test;
    test.steps.push_back(std::move(has));
    restriction.vertices = restriction.edges =
        std::make_shared<const plan::Traversal>(std::move(test));
    if (restriction.meta) restriction.properties = restriction.vertices;
    restrictions_.push_back(std::move(restriction));
    return {};
}

}  // namespace gyre::graph::gremlin::detail
