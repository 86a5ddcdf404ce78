#include "graph/exec/attach.h"
#include "graph/exec/projection.h"
#include "graph/exec/stages.h"
#include "graph/exec/write.h"

namespace gyre::graph::exec {
namespace {

using plan::Op;

/// An argument that may be computed.
class Computed {
  public:
    Computed(const plan::Argument& argument, Context& context)
        : argument_(argument),
          pipeline_(argument.traversal ? MakePipeline(argument.traversal, context) : nullptr) {}
    /// False when its traversal has no result.
    [[nodiscard]] bool Get(const Traverser& traverser, Value& value) {
        if (pipeline_) return pipeline_->First(traverser, value);
        value = argument_.value;
        return true;
    }

  private:
    const plan::Argument& argument_;
    PipelinePtr pipeline_;
};

/// property(…) as it is carried out on an element.
class Settings {
  public:
    /// `adds`: they belong to an element that is being added.
    Settings(const std::vector<plan::Setting>& settings, bool adds, Context& context)
        : context_(context), adds_(adds) {
        for (const plan::Setting& setting : settings) {
            One& one = settings_.emplace_back(One{&setting,
                                                  Computed(setting.key, context),
                                                  Computed(setting.value, context),
                                                  {},
                                                  {}});
            for (const auto& [key, value] : setting.meta) {
                if (key.IsToken(TokenKind::kT, T::kId)) {
                    one.id.emplace(value, context);
                    continue;
                }
                one.meta.emplace_back(DisplayText(key), Computed(value, context));
            }
        }
    }
    /// The value given for T.id or T.label, if any.
    [[nodiscard]] bool Token(T token, const Traverser& traverser, Value& value) {
        for (One& one : settings_) {
            if (one.setting->key.value.IsToken(TokenKind::kT, token)) {
                return one.value.Get(traverser, value);
            }
        }
        return false;
    }
    [[nodiscard]] bool Apply(const Value& element, const Traverser& traverser) {
        for (One& one : settings_) {
            if (one.setting->key.value.IsToken(TokenKind::kT)) continue;
            Value key, value;
            if (!one.key.Get(traverser, key) || !one.value.Get(traverser, value)) continue;
            if (!SetOne(one, element, traverser, key, value)) return false;
        }
        return !context_.Failed();
    }

  private:
    struct One {
        const plan::Setting* setting;
        Computed key, value;
        std::vector<std::pair<std::string, Computed>> meta;
        std::optional<Computed> id;
    };
    bool SetOne(One& one, const Value& element, const Traverser& traverser, const Value& key,
                const Value& value) {
        // property(map): each entry is one; a value may say its cardinality
        if (key.Is<Ptr<graph::Map>>()) {
            for (const auto& [name, inner] : key.As<Ptr<graph::Map>>()->Items()) {
                if (!SetOne(one, element, traverser, name, inner)) return false;
            }
            return true;
        }
        if (!key.Is<std::string>()) {
            context_.Fail("InvalidParameterException",
                          "a property's key is a text, and not " + DisplayText(key));
            return false;
        }
        std::vector<std::pair<std::string, Value>> meta;
        for (auto& [name, computed] : one.meta) {
            Value inner;
            if (computed.Get(traverser, inner)) meta.emplace_back(name, std::move(inner));
        }
        Value id;
        if (one.id && !one.id->Get(traverser, id)) id = Value();
        if (one.setting->mark && element.Is<VertexRef>()) meta.push_back(*one.setting->mark);
        if (const auto* with = value.If<Ptr<CardinalityValue>>()) {
            return SetProperty(context_, element, (*with)->cardinality, key.As<std::string>(),
                               (*with)->value, meta, id);
        }
        auto cardinality = one.setting->cardinality;
        // What is given to addV() is there as often as it is given.
        const bool all = adds_ && !cardinality && element.Is<VertexRef>() &&
                         context_.graph.Mode() == GraphMode::kTinkerGraph;
        if (all) cardinality = Cardinality::kList;
        return SetProperty(context_, element, cardinality, key.As<std::string>(), value, meta, id);
    }

    Context& context_;
    const bool adds_;
    std::vector<One> settings_;
};

/// addV() and addE(): once at the beginning, or for each traverser.
class AddElement : public Stage {
  public:
    AddElement(const plan::Step& step, Context& context)
        : Stage(step, context),
          label_(step.label, context),
          settings_(step.settings, true, context) {}

    bool Next(Traverser& traverser) final {
        if (step_.start) {
            if (begun_ || context_.Failed()) return false;
            begun_ = true;
            traverser = Traverser();
            traverser.sack = context_.query.sack.value_or(Value());
        } else if (!Pull(traverser)) {
            return false;
        }
        Value element;
        if (!Add(traverser, element) || !settings_.Apply(element, traverser)) return false;
        traverser.bulk = 1;
        MoveTo(traverser, std::move(element));
        return true;
    }
    void Reset() final { begun_ = false; }

  protected:
    [[nodiscard]] virtual bool Add(const Traverser& traverser, Value& element) = 0;
    /// The label's text; false when it is not one.
    [[nodiscard]] bool LabelText(const Traverser& traverser, std::string& text) {
        Value label;
        if (!settings_.Token(T::kLabel, traverser, label) && !label_.Get(traverser, label)) {
            context_.Fail("InvalidParameterException", "the label's traversal has no result");
            return false;
        }
        if (label.IsNull()) return true;
        if (!label.Is<std::string>() || label.As<std::string>().empty()) {
            context_.Fail("InvalidParameterException", "a label is a text that is not empty");
            return false;
        }
        text = label.As<std::string>();
        return true;
    }
    [[nodiscard]] Value Id(const Traverser& traverser) {
        Value id;
        static_cast<void>(settings_.Token(T::kId, traverser, id));
        return id;
    }

  private:
    Computed label_;
    Settings settings_;
    bool begun_ = false;
};

class AddVertexStage final : public AddElement {
  public:
    using AddElement::AddElement;

  protected:
    bool Add(const Traverser& traverser, Value& element) override {
        std::string label;
        if (!LabelText(traverser, label)) return false;
        VertexRow row;
        row.id = Id(traverser);
        row.labels = LabelsOf(context_.graph, label);
        return AddVertex(context_, std::move(row), element);
    }
};

class AddEdgeStage final : public AddElement {
  public:
    AddEdgeStage(const plan::Step& step, Context& context)
        : AddElement(step, context), from_(step.from, context), to_(step.to, context) {}

  protected:
    bool Add(const Traverser& traverser, Value& element) override {
        std::string label;
        if (!LabelText(traverser, label)) return false;
        if (label.empty()) label = "edge";
        const auto out = End(traverser, step_.has_from, from_, "from");
        if (!out) return false;
        const auto in = End(traverser, step_.has_to, to_, "to");
        if (!in) return false;
        EdgeRow row;
        row.id = Id(traverser);
        row.label = context_.graph.Intern(label);
        row.out = *out;
        row.in = *in;
        return AddEdge(context_, std::move(row), element);
    }

  private:
    std::optional<uint64_t> End(const Traverser& traverser, bool given, Computed& end,
                                const char* name) {
        Value value = traverser.value;
        if (given && !end.Get(traverser, value)) {
            context_.Fail("InvalidParameterException",
                          "The provided traverser does not map to a value: addE()." +
                              std::string(name) + "(…) found no vertex");
            return std::nullopt;
        }
        const auto* label = value.If<std::string>();
        if (given && label != nullptr) {  // from("a"): a label, else a vertex's id
            Value found;
            if (FindScoped(context_, traverser, *label, Pop::kLast, found)) value = found;
        }
        const auto vertex =
            value.Is<VertexRef>() || given ? VertexOf(context_, value) : std::nullopt;
        if (!vertex) {
            context_.Fail("InvalidParameterException",
                          "The value given to addE()." + std::string(name) +
                              "() must resolve to a Vertex or the ID of a Vertex present in the "
                              "graph but is " +
                              ShownText(context_.graph, value));
        }
        return vertex;
    }
    Computed from_, to_;
};

class AddProperty final : public Stage {
  public:
    AddProperty(const plan::Step& step, Context& context)
        : Stage(step, context), settings_(step.settings, false, context) {}
    bool Next(Traverser& traverser) override {
        if (!Pull(traverser)) return false;
        Value token;
        if (settings_.Token(T::kId, traverser, token) ||
            settings_.Token(T::kLabel, traverser, token)) {
            context_.Fail("InvalidParameterException",
                          "id and label of an element that exists cannot be set");
            return false;
        }
        if (!settings_.Apply(traverser.value, traverser)) return false;
        Stay(traverser);
        return true;
    }

  private:
    Settings settings_;
};

class DropStage final : public Stage {
  public:
    using Stage::Stage;
    bool Next(Traverser& traverser) override {
        while (Pull(traverser)) {
            if (!Drop(context_, traverser.value)) return false;
        }
        return false;
    }
};

}  // namespace

StagePtr MakeMutation(const plan::Step& step, Context& context) {
    switch (step.op) {
        case Op::kAddVertex:
            return std::make_unique<AddVertexStage>(step, context);
        case Op::kAddEdge:
            return std::make_unique<AddEdgeStage>(step, context);
        case Op::kDrop:
            return std::make_unique<DropStage>(step, context);
        default:
            return std::make_unique<AddProperty>(step, context);
    }
}

}  // namespace gyre::graph::exec
