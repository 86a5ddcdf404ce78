#include <re2/re2.h>

#include <optional>

#include "graph/exec/attach.h"
#include "graph/exec/element.h"
#include "graph/exec/stages.h"

namespace gyre::graph::exec {
namespace {

/// The services that TinkerGraph has, in its order, with what each is for.
struct Service {
    std::string_view name;
    std::string_view description;
};
constexpr Service kServices[] = {
    {"tinker.search",
     R"j({"name":"tinker.search","type:[requirements]:":{"Start":[]},"params":{)j"
     R"j("search":"Specify a search term - will be converted to regex via .*(search).*",)j"
     R"j("regex":"Directly specify the regex","type":"Specify the type of Element to search for, )j"
     R"j(one of Vertex/Edge/VertexProperty (optional)"}})j"},
    {"tinker.degree.centrality",
     R"j({"name":"tinker.degree.centrality","type:[requirements]:":{"Streaming":[]},"params":{)j"
     R"j("direction":"Specify the edge direction (optional), default is Direction.IN"}})j"},
};

/// call(): a service of the graph, on what came before or at the beginning.
class CallStage final : public FlatMapStage {
  public:
    CallStage(const plan::Step& step, Context& context) : FlatMapStage(step, context) {
        if (!step.children.empty()) child_ = MakePipeline(step.children[0], context);
        for (const auto& [key, argument] : step.with) {
            with_.push_back(argument.traversal ? MakePipeline(argument.traversal, context)
                                               : nullptr);
        }
    }

  protected:
    void Open(Traverser& traverser) override {
        found_.clear();
        at_ = 0;
        const graph::Map parameters = Parameters(traverser);
        if (context_.Failed()) return;
        const std::string& name = step_.texts[0];
        if (name == "--list") return List(parameters);
        if (name == "tinker.search") return Search(parameters);
        if (name == "tinker.degree.centrality") return Degree(traverser, parameters);
        Fail("Unrecognized service: " + name);
    }
    bool NextValue(Value& value) override {
        if (at_ == found_.size()) return false;
        value = std::move(found_[at_++]);
        return true;
    }

  private:
    void Fail(std::string message) {
        context_.Fail("InvalidParameterException", std::move(message));
    }
    /// Of the map, then of the traversal, then of with(): the later counts.
    graph::Map Parameters(const Traverser& traverser) {
        graph::Map all;
        const auto add = [&](const Value& value) {
            const auto* map = value.If<Ptr<graph::Map>>();
            if (map == nullptr) return;
            for (const auto& [key, one] : (*map)->Items()) all.Put(key, one);
        };
        if (!step_.values.empty()) add(step_.values[0]);
        Value computed;
        if (child_ != nullptr && child_->First(traverser, computed)) add(computed);
        for (size_t i = 0; i < with_.size(); ++i) {
            Value value = step_.with[i].second.value;
            if (with_[i] != nullptr && !with_[i]->First(traverser, value)) continue;
            all.Put(Value(step_.with[i].first), std::move(value));
        }
        return all;
    }
    static std::optional<std::string> Text(const graph::Map& parameters, const char* key) {
        const Value* value = parameters.Find(Value(key));
        if (value == nullptr || !value->Is<std::string>()) return std::nullopt;
        return value->As<std::string>();
    }

    void List(const graph::Map& parameters) {
        const auto only = Text(parameters, "service");
        const Value* verbose = parameters.Find(Value("verbose"));
        const bool describes = verbose != nullptr && verbose->Is<bool>() && verbose->As<bool>();
        for (const Service& service : kServices) {
            if (only && *only != service.name) continue;
            found_.emplace_back(describes ? service.description : service.name);
        }
    }

    /// The properties whose texts have a match. tinker.search begins a traversal in the reference.
    void Search(const graph::Map& parameters) {
        if (!step_.start) return Fail("This service cannot be used mid-traversal.");
        std::string expression;
        if (const auto regex = Text(parameters, "regex")) {
            expression = *regex;
        } else if (const auto search = Text(parameters, "search")) {
            expression = ".*(" + *search + ").*";
        } else {
            return Fail("Missing search/regex parameter");
        }
        const re2::RE2 pattern(expression, re2::RE2::Quiet);
        if (!pattern.ok()) return Fail("'" + expression + "': " + pattern.error());
        const std::string type = Text(parameters, "type").value_or("");
        if (!type.empty() && type != "Vertex" && type != "Edge" && type != "VertexProperty") {
            return Fail("Type must be one of Vertex/Edge/VertexProperty: " + type);
        }
        const auto keep = [&](const Value& element) {
            Values properties;
            PropertiesOf(context_, element, {}, properties);
            for (const Value& property : properties) {
                const auto* of_vertex = property.If<Ptr<VertexProperty>>();
                const Value& value =
                    of_vertex ? (*of_vertex)->value : property.As<Ptr<Property>>()->value;
                const bool matches = value.Is<std::string>() &&
                                     re2::RE2::FullMatch(value.As<std::string>(), pattern);
                if (!matches) continue;
                context_.Hold();
                found_.push_back(property);
            }
        };
        const bool metas = type.empty() || type == "VertexProperty";
        VertexScan vertices = context_.graph.Vertices();
        uint64_t vertex = 0;
        while (type != "Edge" && context_.GoOn() && vertices.Next(vertex)) {
            const Value element(VertexRef{vertex});
            if (type != "VertexProperty") keep(element);
            if (!metas || context_.graph.Mode() != GraphMode::kTinkerGraph) continue;
            Values properties;
            PropertiesOf(context_, element, {}, properties);
            for (const Value& property : properties) keep(property);
        }
        if (!type.empty() && type != "Edge") return;
        const auto edges = context_.graph.Edges();
        EdgeRef edge;
        while (context_.GoOn() && edges->Next(edge)) keep(Value(edge));
    }

    void Degree(const Traverser& traverser, const graph::Map& parameters) {
        if (step_.start) return Fail("This service cannot be used to start a traversal.");
        const auto* vertex = traverser.value.If<VertexRef>();
        if (vertex == nullptr) {
            return Fail("tinker.degree.centrality is for vertices, and not for " +
                        ShownText(context_.graph, traverser.value));
        }
        Direction side = Direction::kIn;
        const Value* given = parameters.Find(Value("direction"));
        if (given != nullptr) {
            if (!given->IsToken(TokenKind::kDirection)) return Fail("direction is a Direction");
            side = static_cast<Direction>(given->As<Token>().value);
        }
        uint64_t degree = 0;
        for (const Direction one : {Direction::kOut, Direction::kIn}) {
            if (side != Direction::kBoth && side != one) continue;
            degree += context_.graph.Degree(vertex->id, one, std::nullopt);
        }
        found_.emplace_back(static_cast<int64_t>(degree));
    }

    PipelinePtr child_;
    std::vector<PipelinePtr> with_;
    Values found_;
    size_t at_ = 0;
};

/// At the beginning of a traversal there is one traverser, whom nobody saw.
class CallAtStart final : public Stage {
  public:
    CallAtStart(const plan::Step& step, Context& context)
        : Stage(step, context), call_(step, context), origin_(step, context) {
        call_.SetInput(&origin_);
    }
    bool Next(Traverser& traverser) override { return call_.Next(traverser); }
    void Reset() override {
        call_.Reset();
        origin_.Reset();
    }

  private:
    class Origin final : public Stage {
      public:
        using Stage::Stage;
        bool Next(Traverser& traverser) override {
            if (given_) return false;
            given_ = true;
            traverser = Traverser();
            traverser.sack = context_.query.sack.value_or(Value());
            return true;
        }
        void Reset() override { given_ = false; }

      private:
        bool given_ = false;
    };

    CallStage call_;
    Origin origin_;
};

}  // namespace

StagePtr MakeCall(const plan::Step& step, Context& context) {
    if (step.start) return std::make_unique<CallAtStart>(step, context);
    return std::make_unique<CallStage>(step, context);
}

}  // namespace gyre::graph::exec
