#include <algorithm>
#include <array>
#include <utility>

#include "core/log.h"
#include "graph/gremlin/detail/builder.h"
#include "graph/number.h"
#include "graph/plan/describe.h"
#include "graph/plan/query_options.h"
#include "graph/plan/walk.h"

namespace gyre::graph::gremlin::detail {
namespace {

using core::Code;

constexpr std::string_view kOptions = "OptionsStrategy";

/// The strategy's option; null where it is not given.
const Value* OptionOf(const Strategy& strategy, std::string_view option) {
    const auto found =
        std::ranges::find(strategy.configuration, option, &std::pair<std::string, Value>::first);
    return found != strategy.configuration.end() ? &found->second : nullptr;
}

/// The strategy's option as a truth value; false where it is not given.
bool IsOn(const Strategy& strategy, std::string_view option) {
    const Value* value = OptionOf(strategy, option);
    return value != nullptr && value->Is<bool>() && value->As<bool>();
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

/// A strategy and the options that it takes. Those that are not looked at below choose how to
/// compute, and not what.
struct Known {
    std::string_view name;
    std::array<std::string_view, 6> options{};
};
constexpr Known kKnown[] = {
    {"AdjacentToIncidentStrategy"},
    {"ByModulatorOptimizationStrategy"},
    {"ComputerFinalizationStrategy"},
    {"ComputerVerificationStrategy"},
    {"ConnectiveStrategy"},
    {"CountStrategy"},
    {"EarlyLimitStrategy"},
    {"EdgeLabelVerificationStrategy", {"throwException", "logWarning"}},
    {"ElementIdStrategy", {"idPropertyKey"}},
    {"FilterRankingStrategy"},
    {"GValueReductionStrategy"},
    {"GraphFilterStrategy"},
    {"HaltedTraverserStrategy", {"haltedTraverserFactory"}},
    {"IdentityRemovalStrategy"},
    {"IncidentToAdjacentStrategy"},
    {"InlineFilterStrategy"},
    {"LambdaRestrictionStrategy"},
    {"LazyBarrierStrategy"},
    {"MatchAlgorithmStrategy", {"matchAlgorithm"}},
    {"MatchPredicateStrategy"},
    {"MessagePassingReductionStrategy"},
    {"OrderLimitStrategy"},
    {"PartitionStrategy",
     {"partitionKey", "writePartition", "readPartitions", "includeMetaProperties"}},
    {"PathProcessorStrategy"},
    {"PathRetractionStrategy"},
    {"ProductiveByStrategy", {"productiveKeys"}},
    {"ProfileStrategy"},
    {"ReadOnlyStrategy"},
    {"ReferenceElementStrategy"},
    {"RemoteStrategy"},
    {"RepeatUnrollStrategy"},
    {"RequirementsStrategy"},
    {"ReservedKeysVerificationStrategy", {"throwException", "logWarning", "keys"}},
    {"SackStrategy"},
    {"SeedStrategy", {"seed"}},
    {"SideEffectStrategy"},
    {"StandardVerificationStrategy"},
    {"SubgraphStrategy", {"vertices", "edges", "vertexProperties", "checkAdjacentVertices"}},
    {"TinkerGraphCountStrategy"},
    {"TinkerGraphStepStrategy"},
    {"VertexProgramRestrictionStrategy"},
    {"VertexProgramStrategy",
     {"graphComputer", "workers", "persist", "result", "vertices", "edges"}},
};

core::Error Refused(std::string message) {
    return {Code::kInvalidArgument, "InvalidParameterException", std::move(message)};
}

}  // namespace

void Compiler::WithStrategies(std::span<const Value> added) {
    for (const Value& value : added) {
        if (const auto* strategy = value.If<Ptr<Strategy>>()) Without(ShortName((*strategy)->name));
    }
    for (const Value& value : added) {
        if (const auto* strategy = value.If<Ptr<Strategy>>()) strategies_.push_back(**strategy);
    }
}

void Compiler::WithOption(const std::string& key, Value value) {
    auto options = std::ranges::find(
        strategies_, kOptions, [](const Strategy& strategy) { return ShortName(strategy.name); });
    if (options == strategies_.end()) {
        options = strategies_.insert(options, {std::string(kOptions), {}});
    }
    std::erase_if(options->configuration, [&](const auto& one) { return one.first == key; });
    options->configuration.emplace_back(key, std::move(value));
}

void Compiler::Without(std::string_view name) {
    std::erase_if(strategies_,
                  [&](const Strategy& strategy) { return ShortName(strategy.name) == name; });
}

// The rules by which plans are made cheaper stay: they change nothing that a query could see. So do
// those that only verify what is asked everywhere.
void Compiler::WithoutStrategy(const Value& strategy) {
    const auto* object = strategy.If<Ptr<Strategy>>();
    const std::string name = object != nullptr ? (*object)->name : DisplayText(strategy);
    const std::string_view left_out = ShortName(name);
    Without(left_out);
    if (left_out == "ConnectiveStrategy") infix_ = false;
    if (left_out == "ComputerVerificationStrategy") verifies_computer_ = false;
    // What withSack(), withSideEffect(), withPath() and withBulk() add.
    if (left_out == "SackStrategy") query.sack = std::nullopt;
    if (left_out == "SackStrategy") query.sack_merge = std::nullopt;
    if (left_out == "SideEffectStrategy") query.side_effects.clear();
    if (left_out == "RequirementsStrategy") with_path_ = query.one_bulk = false;
}

core::Status Compiler::ApplyStrategies() {
    for (const Strategy& strategy : strategies_) {
        const std::string_view name = ShortName(strategy.name);
        if (name == kOptions) continue;
        if (name == "EventStrategy") {
            return core::Fail(Code::kUnimplemented, "UnsupportedOperationException",
                              "EventStrategy is not implemented");
        }
        const auto* const known = std::ranges::find(kKnown, name, &Known::name);
        if (known == std::end(kKnown)) {
            return core::Fail(Refused("TraversalStrategy not recognized - " + std::string(name)));
        }
        for (const auto& [key, value] : strategy.configuration) {
            if (key == "strategy") continue;  // Java's name of it, which Python sends
            if (std::ranges::find(known->options, key) != known->options.end()) continue;
            return core::Fail(Refused(std::string(name) + " has no option " + key));
        }
    }
    for (const Strategy& strategy : strategies_) GYRE_TRY(SourceStrategy(strategy));
    if (with_path_) NeedPath();
    if (no_computer_ && computer_) {
        return core::Fail(Code::kInvalidArgument, "MalformedQueryException",
                          "The TraversalSource does not allow the use of a GraphComputer");
    }
    if (computer_ && !detaches_whole_) query.references = true;
    return {};
}

core::Status Compiler::SourceStrategy(const Strategy& strategy) {
    const std::string_view name = ShortName(strategy.name);
    if (name == kOptions) {
        for (const auto& [key, value] : strategy.configuration) {
            query.options.emplace_back(key, value);
        }
    } else if (name == "ProductiveByStrategy") {
        const Value* keys = OptionOf(strategy, "productiveKeys");
        query.options.emplace_back(plan::kProductiveBy, keys != nullptr ? *keys : Value(true));
    } else if (name == "SeedStrategy") {
        const Value* seed = OptionOf(strategy, "seed");
        if (seed == nullptr || !seed->IsNumber()) {
            return core::Fail(Refused("SeedStrategy configuration requires a 'seed' value"));
        }
        query.options.emplace_back(plan::kSeed, *seed);
    } else if (name == "ReadOnlyStrategy") {
        read_only_ = true;
    } else if (name == "SubgraphStrategy") {
        return Subgraph(strategy);
    } else if (name == "PartitionStrategy") {
        return Partition(strategy);
    } else if (name == "EdgeLabelVerificationStrategy") {
        edge_labels_ = {IsOn(strategy, "throwException"), IsOn(strategy, "logWarning")};
    } else if (name == "ReservedKeysVerificationStrategy") {
        reserved_keys_ = {IsOn(strategy, "throwException"), IsOn(strategy, "logWarning")};
        const Value* keys = OptionOf(strategy, "keys");
        reserved_ = keys != nullptr ? TextsOf(*keys) : std::vector<std::string>{"id", "label"};
    } else if (name == "VertexProgramStrategy") {
        computer_ = true;
        return Computer(strategy);
    } else if (name == "VertexProgramRestrictionStrategy") {
        no_computer_ = true;
    } else if (name == "ElementIdStrategy") {
        const Value* key = OptionOf(strategy, "idPropertyKey");
        id_key_ = key != nullptr ? DisplayText(*key) : "__id";
    } else if (name == "LambdaRestrictionStrategy") {
        no_lambdas_ = true;
    } else if (name == "ReferenceElementStrategy") {
        query.references = true;
    } else if (name == "HaltedTraverserStrategy") {
        const Value* factory = OptionOf(strategy, "haltedTraverserFactory");
        const std::string text = factory != nullptr ? DisplayText(*factory) : "null";
        const std::string_view short_name = ShortName(text);
        detaches_whole_ = short_name == "DetachedFactory";
        if (!detaches_whole_ && short_name != "ReferenceFactory") {
            return core::Fail(
                Refused("The provided traverser detachment factory is unknown: " + text));
        }
    } else if (name == "MatchAlgorithmStrategy") {
        const Value* algorithm = OptionOf(strategy, "matchAlgorithm");
        const std::string text = algorithm != nullptr ? DisplayText(*algorithm) : "";
        if (!text.empty() && !text.ends_with("CountMatchAlgorithm") &&
            !text.ends_with("GreedyMatchAlgorithm")) {
            return core::Fail(Refused("the algorithm of a match() is unknown: " + text));
        }
    }
    return {};
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
    const auto warn = [&](const Verification& how, const std::string& what) {
        if (how.warns) core::LogWarning(what, {{"traversal", plan::TraversalText(root)}});
        if (how.fails) status = core::Fail(Refused(what));
    };
    if (computer_ && verifies_computer_) GYRE_TRY(VerifyComputer(root));
    plan::ForEachStep(root, [&](const plan::Step& step) {
        const bool hops = step.op == plan::Op::kToVertices || step.op == plan::Op::kToEdges;
        if (hops && step.texts.empty()) {
            warn(edge_labels_,
                 "The provided traversal contains a vertex step without any specified edge label");
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
            warn(reserved_keys_,
                 "The provided traversal contains a step that is setting a property key to a "
                 "reserved word: " +
                     *key);
        }
    });
    return status;
}

core::Result<plan::TraversalPtr> Compiler::OptionTraversal(const Strategy& strategy,
                                                           std::string_view option) {
    const Value* value = OptionOf(strategy, option);
    if (value == nullptr) return plan::TraversalPtr();
    const auto* bytecode = value->If<Ptr<Bytecode>>();
    if (bytecode == nullptr) {
        return core::Fail(Refused(std::string(ShortName(strategy.name)) + "'s option " +
                                  std::string(option) + " is a traversal"));
    }
    GYRE_ASSIGN(plan::Traversal traversal, Traversal((*bytecode)->steps, false));
    return std::make_shared<const plan::Traversal>(std::move(traversal));
}

// TinkerPop, VertexProgramStrategy and GraphComputer.
core::Status Compiler::Computer(const Strategy& strategy) {
    GYRE_ASSIGN(auto vertices, OptionTraversal(strategy, "vertices"));
    GYRE_ASSIGN(auto edges, OptionTraversal(strategy, "edges"));
    GYRE_ASSIGN(graph_filter_, plan::MakeGraphFilter(std::move(vertices), std::move(edges)));
    const Value* workers = OptionOf(strategy, "workers");
    if (workers != nullptr && (!workers->IsNumber() || ToInt64(*workers) < 1)) {
        return core::Fail(Refused("VertexProgramStrategy's option workers is a number from 1 on"));
    }
    const auto one_of = [&](std::string_view option, std::initializer_list<std::string_view> names,
                            std::string& text) -> core::Status {
        const Value* value = OptionOf(strategy, option);
        if (value == nullptr) return {};
        text = DisplayText(*value);
        if (std::ranges::find(names, text) != names.end()) return {};
        return core::Fail(Refused("VertexProgramStrategy's option " + std::string(option) +
                                  " is not known: " + text));
    };
    std::string persist, result;
    GYRE_TRY(one_of("persist", {"NOTHING", "VERTEX_PROPERTIES", "EDGES"}, persist));
    GYRE_TRY(one_of("result", {"ORIGINAL", "NEW"}, result));
    // A new graph with all that was found is what later steps see in any case, and nobody after.
    const bool forgets = (persist.empty() || persist == "NOTHING") && result != "NEW";
    const bool passes_on = (persist.empty() || persist == "EDGES") && result == "NEW";
    if (!forgets && !passes_on) {
        return core::Fail(Code::kUnimplemented, "UnsupportedOperationException",
                          "a graph computer with persist " + (persist.empty() ? "unset" : persist) +
                              " and result " + (result.empty() ? "unset" : result) +
                              " is not implemented: what it finds is not kept");
    }
    return {};
}

// TinkerPop, ComputerVerificationStrategy.
core::Status Compiler::VerifyComputer(const plan::Traversal& root) const {
    if (query.one_bulk) {
        return core::Fail(Refused("One bulk is currently not supported on GraphComputer: " +
                                  plan::TraversalText(root)));
    }
    core::Status status;
    plan::ForEachStep(root, [&](const plan::Step& step) {
        static constexpr plan::Op kRefused[] = {
            plan::Op::kInject,      plan::Op::kSubgraph, plan::Op::kFile,        plan::Op::kElement,
            plan::Op::kAddVertex,   plan::Op::kAddEdge,  plan::Op::kAddProperty, plan::Op::kDrop,
            plan::Op::kMergeVertex, plan::Op::kMergeEdge};
        if (std::ranges::find(kRefused, step.op) == std::end(kRefused)) return;
        plan::Traversal only;
        only.steps = {step};
        status =
            core::Fail(Refused("The following step is currently not supported on "
                               "GraphComputer: " +
                               plan::TraversalText(only)));
    });
    return status;
}

core::Status Compiler::Subgraph(const Strategy& strategy) {
    plan::Restriction restriction;
    for (const auto& [key, value] : strategy.configuration) {
        if (key == "strategy") continue;
        if (key == "checkAdjacentVertices") {
            restriction.adjacent = !value.Is<bool>() || value.As<bool>();
            continue;
        }
        plan::TraversalPtr& place = key == "vertices" ? restriction.vertices
                                    : key == "edges"  ? restriction.edges
                                                      : restriction.properties;
        GYRE_ASSIGN(place, OptionTraversal(strategy, key));
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
