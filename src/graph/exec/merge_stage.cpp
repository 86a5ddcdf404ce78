#include <algorithm>
#include <optional>
#include <tuple>

#include "graph/compare.h"
#include "graph/exec/attach.h"
#include "graph/exec/element.h"
#include "graph/exec/index_wish.h"
#include "graph/exec/projection.h"
#include "graph/exec/stages.h"
#include "graph/exec/write.h"

namespace gyre::graph::exec {
namespace {

using plan::Op;
using MapPtr = Ptr<graph::Map>;

const Value kId(TokenKind::kT, T::kId);
const Value kLabel(TokenKind::kT, T::kLabel);
const Value kOut(TokenKind::kDirection, Direction::kOut);
const Value kIn(TokenKind::kDirection, Direction::kIn);

Value Bare(const Value& value) {
    const auto* with = value.If<Ptr<CardinalityValue>>();
    return with ? (*with)->value : value;
}

/// mergeV() and mergeE(): the elements that a map describes, or a new one made after it.
class MergeStage : public Stage {
  public:
    MergeStage(const plan::Step& step, Context& context) : Stage(step, context) {
        for (const plan::TraversalPtr& child : step.children) {
            match_ = MakePipeline(child, context);
        }
        for (const plan::Option& option : step.options) {
            const auto which = static_cast<Merge>(option.key.As<Token>().value);
            options_.push_back({which, MakePipeline(option.traversal, context)});
            const auto& steps = option.traversal->steps;
            if (which == Merge::kOnMatch) {
                constant_on_match_ = steps.size() == 1 && steps[0].op == Op::kConstant;
            }
        }
    }

    bool Next(Traverser& traverser) final {
        while (true) {
            if (at_ < found_.size()) {
                traverser = current_;
                MoveTo(traverser, found_[at_++]);
                return true;
            }
            if (step_.start) {
                if (std::exchange(begun_, true)) return false;
                current_ = Traverser();
                current_.sack = context_.query.sack.value_or(Value());
            } else if (!Pull(current_)) {
                return false;
            }
            current_.bulk = 1;
            found_.clear();
            at_ = 0;
            Merged();
            if (context_.Failed()) return false;
        }
    }
    void Reset() final {
        begun_ = false;
        found_.clear();
        at_ = 0;
    }

  protected:
    /// Fills `found` with what is there.
    virtual void Find(graph::Map& match, Values& found) = 0;
    [[nodiscard]] virtual bool Create(const graph::Map& create, Value& element) = 0;
    /// Whether a key that is no text may describe an element.
    [[nodiscard]] virtual bool Knows(const Value& key) const = 0;
    [[nodiscard]] virtual const char* Name() const = 0;
    [[nodiscard]] virtual const char* StepName() const = 0;

    bool Fail(std::string message) {
        context_.Fail("InvalidParameterException", std::move(message));
        return false;
    }
    /// Refuses what an element cannot be like, in the reference's words; false then.
    [[nodiscard]] bool Check(const graph::Map& map, bool on_match) {
        for (const auto& [key, value] : map.Items()) {
            if (key.Is<std::string>()) {
                const std::string& text = key.As<std::string>();
                if (text.empty()) return Fail("Property key can not be the empty string");
                if (text[0] == '~') return Fail("Property key can not be a hidden key: " + text);
                continue;
            }
            if (on_match) {
                return Fail("option(onMatch) expects keys in Map to be of String - check: " +
                            DisplayText(key));
            }
            if (!Knows(key)) {
                return Fail(std::string(Name()) +
                            "() and option(onCreate) args expect keys in Map to be either String "
                            "or T or Direction - check: " +
                            DisplayText(key));
            }
            if (value.IsNull()) {
                return Fail(std::string(Name()) +
                            "() does not allow null Map values - check: " + DisplayText(key));
            }
            if (SameValue(key, kLabel) && !CheckLabel(value)) return false;
        }
        return true;
    }
    [[nodiscard]] bool CheckLabel(const Value& value) {
        if (!value.Is<std::string>()) {
            return Fail(std::string(Name()) +
                        "() and option(onCreate) args expect T.label value to be of String - "
                        "found: " +
                        std::string(TypeName(value)));
        }
        const std::string& label = value.As<std::string>();
        if (label.empty()) return Fail("Label can not be empty");
        if (label[0] == '~') return Fail("Label can not be a hidden key: " + label);
        return true;
    }

    /// The map that a traversal or an option gives, with what a partition adds; null for what is
    /// none.
    [[nodiscard]] MapPtr MapOf(Pipeline& pipeline) {
        Value value;
        auto result = std::make_shared<graph::Map>();
        if (pipeline.First(current_, value) && !value.IsNull()) {
            const auto* map = value.If<MapPtr>();
            if (map == nullptr) {
                Fail("mergeV() and mergeE() need a Map, and not " +
                     ShownText(context_.graph, value));
                return nullptr;
            }
            for (const auto& [key, one] : (*map)->Items()) {
                result->Put(key, one);
            }
        }
        for (const plan::Setting& setting : step_.settings) {
            result->Put(setting.key.value, setting.value.value);
        }
        return result;
    }
    [[nodiscard]] Pipeline* Option(Merge which) {
        for (auto& [key, pipeline] : options_) {
            if (key == which) return pipeline.get();
        }
        return nullptr;
    }
    [[nodiscard]] bool HasProperties(const Value& element, const graph::Map& match) {
        return std::ranges::all_of(match.Items(), [&](const auto& item) {
            if (!item.first.template Is<std::string>()) return true;
            Values values;
            PropertyValuesOf(context_, element, {item.first.template As<std::string>()}, values);
            const Value wanted = Bare(item.second);
            return std::ranges::any_of(values,
                                       [&](const Value& v) { return EqualValues(v, wanted); });
        });
    }
    /// The vertices that a map describes.
    void FindVertices(const graph::Map& match, Values& found) {
        const Value* label = match.Find(kLabel);
        const auto fits = [&](uint64_t vertex) {
            const Value element(VertexRef{vertex});
            if (label != nullptr && !LabelPasses(context_, element, *EqualTo(*label))) return false;
            return HasProperties(element, match);
        };
        if (const Value* id = match.Find(kId)) {
            const auto vertex = VertexOf(context_, *id);
            if (vertex && fits(*vertex)) found.emplace_back(VertexRef{*vertex});
            return;
        }
        std::optional<NameId> name;
        if (label != nullptr && label->Is<std::string>() &&
            label->As<std::string>().find("::") == std::string::npos) {
            name = context_.graph.FindName(label->As<std::string>());
            if (!name) return;
        }
        std::optional<VertexScan> scan;
        std::optional<NameId> wanted;
        for (const auto& [key, value] : match.Items()) {
            if (!key.Is<std::string>() || scan) continue;
            const auto property = context_.graph.FindName(key.As<std::string>());
            if (!property) return;  // nobody has it
            scan = context_.graph.VerticesBy(*property, Bare(value));
            if (!scan) wanted = property;
        }
        const bool indexed = scan.has_value();
        if (!scan)
            scan.emplace(name ? context_.graph.VerticesOf(*name) : context_.graph.Vertices());
        IndexWish wish;
        if (wanted && !indexed) wish = IndexWish({ElementKind::kVertex, *wanted});
        uint64_t vertex = 0;
        while (context_.GoOn() && scan->Next(vertex)) {
            const bool fitting = fits(vertex);
            wish.Count(context_.graph, 1, fitting ? 1 : 0);
            if (fitting) found.emplace_back(VertexRef{vertex});
        }
    }
    [[nodiscard]] bool SetAll(const Value& element, const graph::Map& map, bool creating) {
        for (const auto& [key, value] : map.Items()) {
            if (!key.Is<std::string>()) continue;
            std::optional<Cardinality> cardinality;
            if (const auto* with = value.If<Ptr<CardinalityValue>>()) {
                cardinality = (*with)->cardinality;
            } else if (!creating && element.Is<VertexRef>() &&
                       context_.graph.Mode() == GraphMode::kTinkerGraph) {
                cardinality = Cardinality::kSingle;
            }
            if (!SetProperty(context_, element, cardinality, key.As<std::string>(), Bare(value),
                             {})) {
                return false;
            }
        }
        return true;
    }
    Traverser current_;

  private:
    void Merged() {
        const MapPtr match = match_ ? MapOf(*match_) : CurrentMap();
        if (!match || !Check(*match, false)) return;
        if (constant_on_match_) {  // wrong whether anything matches or not
            const MapPtr map = MapOf(*Option(Merge::kOnMatch));
            if (!map || !Check(*map, true)) return;
        }
        graph::Map search = *match;
        Find(search, found_);
        if (context_.Failed()) return;
        if (!found_.empty()) return Matched();
        // onCreate inherits from what was looked for, and may not contradict it.
        auto create = std::make_shared<graph::Map>(*match);
        if (Pipeline* option = Option(Merge::kOnCreate)) {
            const MapPtr more = MapOf(*option);
            if (!more || !Check(*more, false)) return;
            for (const auto& [key, value] : more->Items()) {
                const Value* given = match->Find(key);
                if (given != nullptr && !SameValue(*given, value)) {
                    Fail("option(onCreate) cannot override values from merge() argument: (" +
                         DisplayText(key) + ", " + DisplayText(value) + ")");
                    return;
                }
                create->Put(key, value);
            }
        }
        Value element;
        if (!Create(*create, element) || !SetAll(element, *create, true)) return;
        found_.push_back(std::move(element));
    }
    /// option(onMatch) is asked of the element; until 3.8 in the midst of a traversal of what came,
    /// which then must be no element: it would be changed by mistake.
    void Matched() {
        Pipeline* option = Option(Merge::kOnMatch);
        if (option == nullptr) return;
        const bool of_element = step_.start || context_.query.rules.Is38();
        if (!of_element && !constant_on_match_ && current_.value.IsElement()) {
            Fail("The incoming traverser for " + std::string(StepName()) + " cannot be an Element");
            return;
        }
        for (const Value& element : found_) {
            Traverser at = current_;
            if (of_element) at.value = element;
            std::swap(at, current_);
            const MapPtr map = MapOf(*option);
            std::swap(at, current_);
            if (!map || !Check(*map, true) || !SetAll(element, *map, false)) return;
        }
    }
    MapPtr CurrentMap() {
        if (const auto* map = current_.value.If<MapPtr>())
            return std::make_shared<graph::Map>(**map);
        if (step_.start) return std::make_shared<graph::Map>();
        context_.Fail("InvalidParameterException",
                      "mergeV() without an argument needs a Map from the step before it");
        return nullptr;
    }

    PipelinePtr match_;
    std::vector<std::pair<Merge, PipelinePtr>> options_;
    Values found_;
    size_t at_ = 0;
    bool begun_ = false;
    bool constant_on_match_ = false;
};

class MergeVertex final : public MergeStage {
  public:
    using MergeStage::MergeStage;

  protected:
    bool Knows(const Value& key) const override {
        return SameValue(key, kId) || SameValue(key, kLabel);
    }
    const char* Name() const override { return "mergeV"; }
    const char* StepName() const override { return "MergeVertexStep"; }
    void Find(graph::Map& match, Values& found) override { FindVertices(match, found); }
    bool Create(const graph::Map& create, Value& element) override {
        VertexRow row;
        if (const Value* id = create.Find(kId)) row.id = *id;
        const Value* label = create.Find(kLabel);
        row.labels = LabelsOf(context_.graph, label ? DisplayText(*label) : "vertex");
        return AddVertex(context_, std::move(row), element);
    }
};

class MergeEdge final : public MergeStage {
  public:
    using MergeStage::MergeStage;

  protected:
    bool Knows(const Value& key) const override {
        return SameValue(key, kId) || SameValue(key, kLabel) || SameValue(key, kOut) ||
               SameValue(key, kIn);
    }
    const char* Name() const override { return "mergeE"; }
    const char* StepName() const override { return "MergeEdgeStep"; }
    void Find(graph::Map& match, Values& found) override {
        std::optional<uint64_t> out, in;
        if (!End(match, kOut, Merge::kOutV, out) || !End(match, kIn, Merge::kInV, in)) return;
        const bool nowhere =
            (match.Find(kOut) != nullptr && !out) || (match.Find(kIn) != nullptr && !in);
        if (nowhere) return;  // an end that is not there has no edges
        const Value* label = match.Find(kLabel);
        const auto fits = [&](const EdgeRef& edge) {
            if (out && edge.out != *out) return false;
            if (in && edge.in != *in) return false;
            const Value element(edge);
            if (label != nullptr && !LabelPasses(context_, element, *EqualTo(*label))) return false;
            return HasProperties(element, match);
        };
        if (const Value* id = match.Find(kId)) {
            const auto edge = context_.graph.FindEdge(*id);
            if (edge && fits(*edge)) found.emplace_back(*edge);
            return;
        }
        std::optional<NameId> name;
        if (label != nullptr && label->Is<std::string>()) {
            name = context_.graph.FindName(label->As<std::string>());
            if (!name) return;
        }
        std::unique_ptr<EdgeScan> scan;
        if (out)
            scan = context_.graph.EdgesAt(*out, Direction::kOut, name);
        else if (in)
            scan = context_.graph.EdgesAt(*in, Direction::kIn, name);
        else
            scan = context_.graph.Edges();
        EdgeRef edge;
        while (context_.GoOn() && scan->Next(edge)) {
            if (fits(edge)) found.emplace_back(edge);
        }
    }
    bool Create(const graph::Map& create, Value& element) override {
        EdgeRow row;
        if (const Value* id = create.Find(kId)) row.id = *id;
        const Value* label = create.Find(kLabel);
        row.label = context_.graph.Intern(label ? DisplayText(*label) : "edge");
        std::optional<uint64_t> out, in;
        if (!End(create, kOut, Merge::kOutV, out) || !End(create, kIn, Merge::kInV, in)) {
            return false;
        }
        for (const auto& [key, end, name] :
             {std::tuple{&kOut, &out, "Out"}, std::tuple{&kIn, &in, "In"}}) {
            const Value* given = create.Find(*key);
            if (given == nullptr) {
                return Fail(std::string(name) +
                            " Vertex not specified in onCreate - edge cannot be created");
            }
            if (!*end) {
                return Fail("Vertex id could not be resolved from mergeE: " + DisplayText(*given));
            }
        }
        row.out = *out;
        row.in = *in;
        return AddEdge(context_, std::move(row), element);
    }

  private:
    /// The vertex at one end: an id, a vertex, or what option(Merge.outV, …) finds.
    bool End(const graph::Map& map, const Value& key, Merge option,
             std::optional<uint64_t>& vertex) {
        const Value* given = map.Find(key);
        if (given == nullptr) return true;
        Value value = *given;
        if (value.IsToken(TokenKind::kMerge)) {
            Pipeline* found = Option(option);
            if (found == nullptr) {
                return Fail("option(" + DisplayText(*given) +
                            ") must be specified if it is used for " + DisplayText(key));
            }
            if (!found->First(current_, value)) {
                return Fail("Could not resolve vertex for option(" + DisplayText(*given) + ")");
            }
            if (const auto* described = value.If<MapPtr>()) {
                Values vertices;
                if (!Check(**described, false)) return false;
                FindVertices(**described, vertices);
                if (vertices.empty()) {
                    return Fail("Could not resolve vertex for option(" + DisplayText(*given) + ")");
                }
                value = vertices[0];
            }
        }
        vertex = VertexOf(context_, value);
        return !context_.Failed();
    }
};

}  // namespace

StagePtr MakeMerge(const plan::Step& step, Context& context) {
    if (step.op == Op::kMergeVertex) return std::make_unique<MergeVertex>(step, context);
    return std::make_unique<MergeEdge>(step, context);
}

}  // namespace gyre::graph::exec
