#include <algorithm>
#include <optional>

#include "graph/exec/attach.h"
#include "graph/exec/element.h"
#include "graph/exec/projection.h"
#include "graph/exec/stages.h"

namespace gyre::graph::exec {
namespace {

/// Bits of WithOptions.tokens.
constexpr uint32_t kIds = 1, kLabels = 2, kKeys = 4, kPropertyValues = 8;

void WantsElement(Context& context, const Value& value, const char* step) {
    if (value.IsElement()) return;
    context.Fail("InvalidParameterException", std::string(step) + "() is for elements, and " +
                                                  ShownText(context.graph, value) + " is of type " +
                                                  std::string(TypeName(value)));
}

class ReadProperties final : public FlatMapStage {
  public:
    using FlatMapStage::FlatMapStage;
    ValueScan OpenValues() override {
        if (step_.op != plan::Op::kValues || step_.texts.size() != 1) return {};
        const auto key = context_.graph.FindName(step_.texts[0]);
        return key ? ValueScan{input_->OpenScan(), *key} : ValueScan{};
    }

  protected:
    void Open(Traverser& traverser) override {
        found_.clear();
        at_ = 0;
        const bool bare = step_.op == plan::Op::kValues;
        if (!traverser.value.IsElement()) {
            return WantsElement(context_, traverser.value, bare ? "values" : "properties");
        }
        if (bare) {
            PropertyValuesOf(context_, traverser.value, step_.texts, found_);
        } else {
            PropertiesOf(context_, traverser.value, step_.texts, found_);
        }
    }
    bool NextValue(Value& value) override {
        if (at_ == found_.size()) return false;
        value = std::move(found_[at_++]);
        return true;
    }

  private:
    Values found_;
    size_t at_ = 0;
};

/// valueMap(), propertyMap(), elementMap()
class ReadMap final : public MapStage {
  public:
    ReadMap(const plan::Step& step, Context& context)
        : MapStage(step, context), by_(step.by, context) {
        for (const auto& test : step.children) tests_.push_back(MakePipeline(test, context));
    }

  protected:
    bool Map(const Traverser& traverser, Value& value) override {
        if (!traverser.value.IsElement()) {
            WantsElement(context_, traverser.value, "valueMap");
            return false;
        }
        auto map = std::make_shared<graph::Map>();
        const bool element_map = step_.op == plan::Op::kElementMap;
        const uint32_t tokens = element_map ? kIds | kLabels : step_.tokens;
        AddTokens(traverser.value, tokens, element_map, *map);
        if (element_map) AddEnds(traverser.value, *map);
        Values properties;
        PropertiesOf(context_, traverser.value, step_.texts, properties);
        const bool lists = !element_map && traverser.value.Is<VertexRef>();
        for (Value& property : properties) {
            Traverser at = traverser;
            at.value = property;
            if (!std::ranges::all_of(tests_, [&](const auto& test) { return test->Test(at); })) {
                continue;
            }
            const auto* of_vertex = property.If<Ptr<VertexProperty>>();
            Value key(of_vertex ? (*of_vertex)->key : property.As<Ptr<Property>>()->key);
            Value inner = of_vertex ? (*of_vertex)->value : property.As<Ptr<Property>>()->value;
            if (step_.op == plan::Op::kPropertyMap) inner = std::move(property);
            if (!lists) {
                map->Put(std::move(key), std::move(inner));
                continue;
            }
            bool added = false;
            Value& list = map->At(key, &added);
            if (added) list = MakeList({});
            list.As<Ptr<List>>()->items.push_back(std::move(inner));
        }
        if (by_.Size() > 0) map = Projected(*map, traverser);
        value = Value(std::move(map));
        return true;
    }

  private:
    void AddTokens(const Value& element, uint32_t tokens, bool element_map, graph::Map& map) {
        Value read;
        std::string label;
        if (const auto* property = element.If<Ptr<VertexProperty>>()) {
            if ((tokens & kIds) != 0) map.Put(Value(TokenKind::kT, T::kId), Value((*property)->id));
            if ((tokens & kKeys) != 0 || element_map) {
                map.Put(Value(TokenKind::kT, T::kKey), Value((*property)->key));
            }
            if ((tokens & kPropertyValues) != 0 || element_map) {
                map.Put(Value(TokenKind::kT, T::kValue), (*property)->value);
            }
            return;
        }
        if ((tokens & kIds) != 0 && IdOf(context_, element, read)) {
            map.Put(Value(TokenKind::kT, T::kId), std::move(read));
        }
        if ((tokens & kLabels) != 0 && LabelOf(context_, element, label)) {
            map.Put(Value(TokenKind::kT, T::kLabel), Value(std::move(label)));
        }
    }
    void AddEnds(const Value& element, graph::Map& map) {
        const auto* edge = element.If<EdgeRef>();
        if (edge == nullptr) return;
        for (const auto& [side, vertex] :
             {std::pair{Direction::kIn, edge->in}, std::pair{Direction::kOut, edge->out}}) {
            auto end = std::make_shared<graph::Map>();
            AddTokens(Value(VertexRef{vertex}), kIds | kLabels, false, *end);
            map.Put(Value(TokenKind::kDirection, side), Value(std::move(end)));
        }
    }
    Ptr<graph::Map> Projected(const graph::Map& map, const Traverser& traverser) {
        auto projected = std::make_shared<graph::Map>();
        by_.Restart();
        for (const auto& [key, inner] : map.Items()) {
            if (key.Is<Token>()) {
                projected->Put(key, inner);
                continue;
            }
            Traverser on_value = traverser;
            on_value.value = inner;
            Value seen;
            if (by_.Next(on_value, seen)) projected->Put(key, std::move(seen));
        }
        return projected;
    }

    Projections by_;
    std::vector<PipelinePtr> tests_;  ///< of properties: a strategy's
};

class ReadOne final : public MapStage {
  public:
    using MapStage::MapStage;

  protected:
    bool Map(const Traverser& traverser, Value& value) override {
        const Value& at = traverser.value;
        std::string label;
        switch (step_.op) {
            case plan::Op::kId:
                WantsElement(context_, at, "id");
                return IdOf(context_, at, value);
            case plan::Op::kLabel:
                WantsElement(context_, at, "label");
                if (!LabelOf(context_, at, label)) return false;
                value = Value(std::move(label));
                return true;
            case plan::Op::kKey:
                if (const auto* vp = at.If<Ptr<VertexProperty>>())
                    value = Value((*vp)->key);
                else if (const auto* p = at.If<Ptr<Property>>())
                    value = Value((*p)->key);
                else
                    return Wrong(at, "key");
                return true;
            case plan::Op::kPropertyValue:
                if (const auto* vp = at.If<Ptr<VertexProperty>>())
                    value = (*vp)->value;
                else if (const auto* p = at.If<Ptr<Property>>())
                    value = (*p)->value;
                else
                    return Wrong(at, "value");
                return true;
            default:
                break;
        }
        if (const auto* vp = at.If<Ptr<VertexProperty>>())
            value = Value((*vp)->vertex);
        else if (const auto* p = at.If<Ptr<Property>>())
            value = (*p)->element;
        else
            return false;
        return true;
    }

  private:
    bool Wrong(const Value& at, const char* step) {
        context_.Fail("InvalidParameterException", std::string(step) +
                                                       "() is for properties, and " +
                                                       ShownText(context_.graph, at) +
                                                       " is of type " + std::string(TypeName(at)));
        return false;
    }
};

}  // namespace

StagePtr MakeRead(const plan::Step& step, Context& context) {
    switch (step.op) {
        case plan::Op::kValues:
        case plan::Op::kProperties:
            return std::make_unique<ReadProperties>(step, context);
        case plan::Op::kValueMap:
        case plan::Op::kPropertyMap:
        case plan::Op::kElementMap:
            return std::make_unique<ReadMap>(step, context);
        default:
            return std::make_unique<ReadOne>(step, context);
    }
}

}  // namespace gyre::graph::exec
