#include <algorithm>

#include "graph/exec/attach.h"
#include "graph/exec/projection.h"
#include "graph/exec/stages.h"

namespace gyre::graph::exec {
namespace {

using plan::Op;

/// select(name…): one value, or a map of several.
class Select final : public MapStage {
  public:
    Select(const plan::Step& step, Context& context)
        : MapStage(step, context), by_(step.by, context) {}

  protected:
    bool Map(const Traverser& traverser, Value& value) override {
        by_.Restart();
        auto map = std::make_shared<graph::Map>();
        for (const std::string& name : step_.texts) {
            Traverser at = traverser;
            Value seen;
            if (!FindScoped(context_, traverser, name, step_.pop, at.value)) return false;
            if (!by_.Next(at, seen)) return false;
            if (step_.texts.size() == 1) {
                value = std::move(seen);
                return true;
            }
            map->Put(Value(name), std::move(seen));
        }
        value = Value(std::move(map));
        return true;
    }

  private:
    Projections by_;
};

/// select(keys), select(values)
class SelectColumn final : public MapStage {
  public:
    SelectColumn(const plan::Step& step, Context& context)
        : MapStage(step, context), by_(ToBy(step), context) {}

  protected:
    bool Map(const Traverser& traverser, Value& value) override {
        if (by_.At(0, traverser, value)) return true;
        context_.Fail("InvalidParameterException",
                      "The provided object does not have accessible " +
                          std::string(step_.column == Column::kKeys ? "keys" : "values") + ": " +
                          ShownText(context_.graph, traverser.value));
        return false;
    }

  private:
    const std::vector<plan::By>& ToBy(const plan::Step& step) {
        plan::By by;
        by.kind = plan::By::Kind::kColumn;
        by.column = step.column;
        held_.push_back(by);
        return held_;
    }
    std::vector<plan::By> held_;
    Projections by_;
};

/// select(traversal): the name is computed.
class SelectKey final : public MapStage {
  public:
    SelectKey(const plan::Step& step, Context& context)
        : MapStage(step, context),
          key_(MakePipeline(step.children[0], context)),
          by_(step.by, context) {}

  protected:
    bool Map(const Traverser& traverser, Value& value) override {
        Value key;
        if (!key_->First(traverser, key)) return false;
        Traverser at = traverser;
        const auto* map = traverser.value.If<Ptr<graph::Map>>();
        const Value* found = map ? (*map)->Find(key) : nullptr;
        if (found != nullptr) {
            at.value = *found;
        } else if (!key.Is<std::string>() ||
                   !FindScoped(context_, traverser, key.As<std::string>(), step_.pop, at.value)) {
            return false;
        }
        return by_.At(0, at, value);
    }

  private:
    PipelinePtr key_;
    Projections by_;
};

class Project final : public MapStage {
  public:
    Project(const plan::Step& step, Context& context)
        : MapStage(step, context), by_(step.by, context) {}

  protected:
    bool Map(const Traverser& traverser, Value& value) override {
        by_.Restart();
        auto map = std::make_shared<graph::Map>();
        for (const std::string& name : step_.texts) {
            Value seen;
            if (by_.Next(traverser, seen)) map->Put(Value(name), std::move(seen));
        }
        value = Value(std::move(map));
        return true;
    }

  private:
    Projections by_;
};

/// where(predicate) and where(name, predicate): the predicate's values are names.
class Where final : public FilterStage {
  public:
    Where(const plan::Step& step, Context& context)
        : FilterStage(step, context), by_(step.by, context) {}

  protected:
    bool Keeps(const Traverser& traverser) override {
        size_t turn = 0;
        Traverser at = traverser;
        if (!step_.texts.empty() && !FindSafely(context_, traverser, step_.texts[0], at.value)) {
            return false;
        }
        Value left;
        if (!by_.At(turn++, at, left)) return false;
        const auto resolved = Resolve(*step_.predicate, traverser, turn);
        return resolved && Holds(*resolved, left);
    }

  private:
    Ptr<Predicate> Resolve(const Predicate& predicate, const Traverser& traverser, size_t& turn) {
        auto resolved = std::make_shared<Predicate>(predicate);
        for (auto& child : resolved->children) {
            child = Resolve(*child, traverser, turn);
            if (!child) return nullptr;
        }
        const bool many =
            predicate.op == Predicate::Op::kWithin || predicate.op == Predicate::Op::kWithout;
        resolved->values.clear();
        for (const Value& name : predicate.values) {
            Traverser at = traverser;
            if (!name.Is<std::string>() ||
                !FindSafely(context_, traverser, name.As<std::string>(), at.value)) {
                return nullptr;
            }
            Values items;
            const bool collection = !at.value.Is<Ptr<graph::Map>>() && ItemsOf(at.value, items);
            if (many && collection && !at.value.Is<Ptr<Path>>()) {
                const size_t by = turn;
                for (Value& item : items) {
                    Traverser on_item = traverser;
                    on_item.value = std::move(item);
                    Value seen;
                    if (by_.At(by, on_item, seen)) resolved->values.push_back(std::move(seen));
                }
                ++turn;
                continue;
            }
            Value seen;
            if (!by_.At(turn++, at, seen)) return nullptr;
            resolved->values.push_back(IsOrder(predicate.op) ? Detached(context_.graph, seen)
                                                             : std::move(seen));
        }
        return resolved;
    }

    Projections by_;
};

}  // namespace

StagePtr MakeSelection(const plan::Step& step, Context& context) {
    switch (step.op) {
        case Op::kSelectColumn:
            return std::make_unique<SelectColumn>(step, context);
        case Op::kSelectKey:
            return std::make_unique<SelectKey>(step, context);
        case Op::kProject:
            return std::make_unique<Project>(step, context);
        default:
            return std::make_unique<Select>(step, context);
    }
}

StagePtr MakeWhere(const plan::Step& step, Context& context) {
    return std::make_unique<Where>(step, context);
}

}  // namespace gyre::graph::exec
