#include "core/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>

namespace gyre::core {
namespace {

class PrometheusCounter final : public Counter {
  public:
    explicit PrometheusCounter(prometheus::Counter& counter) : counter_(counter) {}
    void Add(double by) override { counter_.Increment(by); }
    [[nodiscard]] double Value() const override { return counter_.Value(); }

  private:
    prometheus::Counter& counter_;
};

class PrometheusGauge final : public Gauge {
  public:
    explicit PrometheusGauge(prometheus::Gauge& gauge) : gauge_(gauge) {}
    void Set(double value) override { gauge_.Set(value); }

  private:
    prometheus::Gauge& gauge_;
};

class PrometheusHistogram final : public Histogram {
  public:
    explicit PrometheusHistogram(prometheus::Histogram& histogram) : histogram_(histogram) {}
    void Observe(double value) override { histogram_.Observe(value); }

  private:
    prometheus::Histogram& histogram_;
};

}  // namespace

struct MetricsRegistry::Impl {
    using Key = std::pair<std::string, Labels>;
    std::mutex mutex;
    prometheus::Registry registry;
    std::map<Key, std::unique_ptr<PrometheusCounter>> counters;
    std::map<Key, std::unique_ptr<PrometheusGauge>> gauges;
    std::map<Key, std::unique_ptr<PrometheusHistogram>> histograms;

    template <typename Map, typename Make>
    static auto& FindOrMake(Map& map, Key key, Make make) {
        auto found = map.find(key);
        if (found == map.end()) found = map.emplace(std::move(key), make()).first;
        return *found->second;
    }
};

MetricsRegistry::MetricsRegistry() : impl_(std::make_unique<Impl>()) {
}
MetricsRegistry::~MetricsRegistry() = default;

Counter& MetricsRegistry::GetCounter(const std::string& name, const std::string& help,
                                     const Labels& labels) {
    const std::lock_guard lock(impl_->mutex);
    return Impl::FindOrMake(impl_->counters, {name, labels}, [&] {
        auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry);
        return std::make_unique<PrometheusCounter>(family.Add(labels));
    });
}

Gauge& MetricsRegistry::GetGauge(const std::string& name, const std::string& help,
                                 const Labels& labels) {
    const std::lock_guard lock(impl_->mutex);
    return Impl::FindOrMake(impl_->gauges, {name, labels}, [&] {
        auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry);
        return std::make_unique<PrometheusGauge>(family.Add(labels));
    });
}

Histogram& MetricsRegistry::GetHistogram(const std::string& name, const std::string& help,
                                         const std::vector<double>& bounds, const Labels& labels) {
    const std::lock_guard lock(impl_->mutex);
    return Impl::FindOrMake(impl_->histograms, {name, labels}, [&] {
        auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry);
        return std::make_unique<PrometheusHistogram>(family.Add(labels, bounds));
    });
}

std::string MetricsRegistry::PrometheusText() const {
    return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace gyre::core
