#include <algorithm>

#include "graph/exec/projection.h"
#include "graph/exec/stages.h"

namespace gyre::graph::exec {
namespace {

using plan::Op;

class Constant final : public MapStage {
  public:
    using MapStage::MapStage;

  protected:
    bool Map(const Traverser&, Value& value) override {
        value = step_.values[0];
        return true;
    }
};

class Identity final : public FilterStage {
  public:
    using FilterStage::FilterStage;

  protected:
    bool Keeps(const Traverser&) override { return true; }
};

class Loops final : public MapStage {
  public:
    using MapStage::MapStage;

  protected:
    bool Map(const Traverser& traverser, Value& value) override {
        int64_t count = 0;
        for (const Loop& loop : traverser.loops) {
            if (step_.texts.empty() || loop.name == step_.texts[0]) count = loop.count;
        }
        value = Value(static_cast<int32_t>(count));
        return true;
    }
};

/// index(): [item, place] for each item; with(WithOptions.indexer, map) a map of places.
class Index final : public MapStage {
  public:
    using MapStage::MapStage;

  protected:
    bool Map(const Traverser& traverser, Value& value) override {
        Values items;
        if (!ItemsOf(traverser.value, items)) items = {traverser.value};
        int32_t place = 0;
        if (step_.tokens == 1) {
            auto map = std::make_shared<graph::Map>();
            for (Value& item : items) map->Put(Value(place++), std::move(item));
            value = Value(std::move(map));
            return true;
        }
        for (Value& item : items) item = MakeList({item, Value(place++)});
        value = MakeList(std::move(items));
        return true;
    }
};

class PathStage final : public MapStage {
  public:
    PathStage(const plan::Step& step, Context& context)
        : MapStage(step, context), by_(step.by, context) {}

  protected:
    bool Map(const Traverser& traverser, Value& value) override {
        const auto part = PartOf(ToPath(traverser.path),
                                 step_.has_from ? step_.from.value.If<std::string>() : nullptr,
                                 step_.has_to ? step_.to.value.If<std::string>() : nullptr);
        if (!part) {
            context_.Fail(part.error());
            return false;
        }
        const Ptr<Path>& path = *part;
        by_.Restart();
        for (Value& object : path->objects) {
            Traverser at = traverser;
            at.value = object;
            if (!by_.Next(at, object)) return false;
        }
        value = Value(path);
        return true;
    }

  private:
    Projections by_;
};

class MapChild final : public MapStage {
  public:
    MapChild(const plan::Step& step, Context& context)
        : MapStage(step, context), child_(MakePipeline(step.children[0], context)) {}

  protected:
    bool Map(const Traverser& traverser, Value& value) override {
        return child_->First(traverser, value);
    }

  private:
    PipelinePtr child_;
};

class FlatMapChild final : public FlatMapStage {
  public:
    FlatMapChild(const plan::Step& step, Context& context)
        : FlatMapStage(step, context), child_(MakePipeline(step.children[0], context)) {}

  protected:
    void Open(Traverser& traverser) override { child_->Begin(traverser); }
    bool NextValue(Value& value) override {
        Traverser result;
        if (!child_->Next(result)) return false;
        value = std::move(result.value);
        return true;
    }

  private:
    PipelinePtr child_;
};

class Unfold final : public FlatMapStage {
  public:
    using FlatMapStage::FlatMapStage;

  protected:
    void Open(Traverser& traverser) override {
        items_.clear();
        at_ = 0;
        if (!ItemsOf(traverser.value, items_)) items_ = {traverser.value};
    }
    bool NextValue(Value& value) override {
        if (at_ == items_.size()) return false;
        value = std::move(items_[at_++]);
        return true;
    }

  private:
    Values items_;
    size_t at_ = 0;
};

class ReadSack final : public MapStage {
  public:
    using MapStage::MapStage;

  protected:
    bool Map(const Traverser& traverser, Value& value) override {
        value = traverser.sack;
        return true;
    }
};

/// sack(operator).by(…)
class WriteSack final : public Stage {
  public:
    WriteSack(const plan::Step& step, Context& context)
        : Stage(step, context), by_(step.by, context) {}
    bool Next(Traverser& traverser) override {
        while (Pull(traverser)) {
            Value seen;
            if (!by_.At(0, traverser, seen)) continue;
            auto sack =
                Reduce(*step_.reduce, traverser.sack, seen, OverflowOf(context_.query.rules));
            if (!sack) {
                context_.Fail(sack.error());
                return false;
            }
            traverser.sack = std::move(*sack);
            Stay(traverser);
            return true;
        }
        return false;
    }

  private:
    Projections by_;
};

}  // namespace

bool ItemsOf(const Value& value, Values& items) {
    if (const auto* list = value.If<Ptr<List>>()) {
        items = (*list)->items;
    } else if (const auto* set = value.If<Ptr<Set>>()) {
        items = (*set)->items;
    } else if (const auto* path = value.If<Ptr<Path>>()) {
        items = (*path)->objects;
    } else if (const auto* map = value.If<Ptr<graph::Map>>()) {
        items.clear();
        for (const auto& [key, inner] : (*map)->Items()) {
            items.emplace_back(std::make_shared<Entry>(Entry{key, inner}));
        }
    } else if (const auto* bulk = value.If<Ptr<BulkSet>>()) {
        items.clear();
        for (const auto& [item, count] : (*bulk)->items) {
            items.insert(items.end(), static_cast<size_t>(count), item);
        }
    } else if (const auto* tree = value.If<Ptr<Tree>>()) {
        items.clear();
        for (const auto& [key, branch] : (*tree)->branches) {
            auto one = std::make_shared<graph::Map>();
            one->Put(key, Value(branch));
            items.emplace_back(std::move(one));
        }
    } else {
        return false;
    }
    return true;
}

StagePtr MakeMap(const plan::Step& step, Context& context) {
    switch (step.op) {
        case Op::kConstant:
            return std::make_unique<Constant>(step, context);
        case Op::kLoops:
            return std::make_unique<Loops>(step, context);
        case Op::kIndex:
            return std::make_unique<Index>(step, context);
        case Op::kPath:
            return std::make_unique<PathStage>(step, context);
        case Op::kMap:
            return std::make_unique<MapChild>(step, context);
        case Op::kFlatMap:
            return std::make_unique<FlatMapChild>(step, context);
        case Op::kUnfold:
            return std::make_unique<Unfold>(step, context);
        case Op::kSack:
            if (step.reduce) return std::make_unique<WriteSack>(step, context);
            return std::make_unique<ReadSack>(step, context);
        default:
            return std::make_unique<Identity>(step, context);
    }
}

}  // namespace gyre::graph::exec
