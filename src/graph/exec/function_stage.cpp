#include "graph/exec/attach.h"
#include "graph/exec/element.h"
#include "graph/exec/functions.h"
#include "graph/exec/projection.h"
#include "graph/exec/stages.h"
#include "graph/plan/describe.h"

namespace gyre::graph::exec {
namespace {

/// asString(), split(), combine()… with their arguments computed.
class FunctionStage final : public MapStage {
  public:
    FunctionStage(const plan::Step& step, Context& context)
        : MapStage(step, context),
          function_(TextFunction(step.texts[0])),
          texts_(function_ != nullptr) {
        if (function_ == nullptr) {
            function_ = ConversionFunction(step.texts[0], context.query.rules);
        }
        if (function_ == nullptr) {
            function_ = ListFunction(step.texts[0]);
            lists_ = true;
        }
        const std::string& name = step.texts[0];
        shown_ = lists_ ? name == "conjoin" : name != "reverse";
        for (const auto& child : step.children) {
            children_.push_back(child ? MakePipeline(child, context) : nullptr);
        }
    }

  protected:
    bool Map(const Traverser& traverser, Value& value) override {
        Values arguments = step_.values;
        for (size_t i = 0; i < children_.size(); ++i) {
            if (children_[i] == nullptr) continue;
            if (children_[i]->First(traverser, arguments[i])) continue;
            if (step_.texts[0] == "concat") {
                context_.Fail("InvalidParameterException",
                              "The provided traverser does not map to a value: " +
                                  ShownText(context_.graph, traverser.value) + "[" +
                                  std::string(TypeName(traverser.value)) + "]->" +
                                  plan::TraversalText(*step_.children[i]));
            }
            if (!lists_) return false;
            arguments[i] = Value();
        }
        const Value& at = traverser.value;
        if (lists_ && !Fits(at, arguments)) return false;
        core::Result<Value> result;
        const auto* items = at.If<Ptr<List>>();
        if (step_.scope == Scope::kLocal && items != nullptr) {
            Values results;
            for (const Value& item : (*items)->items) {
                auto one = function_(shown_ ? Detached(context_.graph, item) : item, arguments);
                if (!one) return Failed(OfLocal(one.error(), item));
                results.push_back(std::move(*one));
            }
            result = MakeList(std::move(results));
        } else {
            result = function_(shown_ ? Detached(context_.graph, at) : at, arguments);
        }
        if (!result) return Failed(result.error());
        value = std::move(*result);
        return true;
    }

  private:
    bool Fits(const Value& value, const Values& arguments) {
        auto status = CheckListArguments(step_.texts[0], value);
        if (status && step_.texts[0] != "conjoin" && arguments.size() == 1) {
            status =
                CheckListArgument(step_.texts[0], value, arguments[0], children_[0] != nullptr);
        }
        return status ? true : Failed(status.error());
    }
    /// What the reference says of items that are no texts.
    [[nodiscard]] core::Error OfLocal(core::Error error, const Value& item) const {
        if (!texts_) return error;
        error.message = "The " + step_.texts[0] +
                        "(local) step can only take string or list of strings, encountered " +
                        std::string(TypeName(item));
        return error;
    }
    bool Failed(const core::Error& error) {
        context_.Fail(error);
        return false;
    }

    Function function_;
    const bool texts_;    ///< a function of texts
    bool lists_ = false;  ///< a function of collections
    bool shown_ = false;  ///< it makes a text, of elements too
    std::vector<PipelinePtr> children_;
};

/// format("%{name} is %{_}"): names of properties and of what is in scope; %{_} is what by() sees.
class Format final : public MapStage {
  public:
    Format(const plan::Step& step, Context& context)
        : MapStage(step, context), by_(step.by, context), text_(DisplayText(step.values.at(0))) {}

  protected:
    bool Map(const Traverser& traverser, Value& value) override {
        by_.Restart();
        std::string text;
        size_t from = 0;
        while (true) {
            const size_t mark = text_.find("%{", from);
            const size_t end = mark == std::string::npos ? mark : text_.find('}', mark);
            text += text_.substr(from, (end == std::string::npos ? text_.size() : mark) - from);
            if (end == std::string::npos) break;
            const std::string name = text_.substr(mark + 2, end - mark - 2);
            Value seen;
            const bool found = name == "_"
                                   ? by_.Next(traverser, seen)
                                   : PropertyOf(context_, traverser.value, name, seen) ||
                                         FindScoped(context_, traverser, name, Pop::kLast, seen);
            if (!found) return false;
            if (!Append(text, ShownText(context_.graph, seen))) {
                context_.Fail(TooLarge());
                return false;
            }
            from = end + 1;
        }
        value = Value(std::move(text));
        return true;
    }

  private:
    Projections by_;
    const std::string text_;
};

}  // namespace

StagePtr MakeFunction(const plan::Step& step, Context& context) {
    if (step.texts[0] == "format") return std::make_unique<Format>(step, context);
    return std::make_unique<FunctionStage>(step, context);
}

}  // namespace gyre::graph::exec
