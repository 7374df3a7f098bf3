// A plugin in C++: the API is C, callbacks are captureless lambdas.
#include <netvane/plugin.h>

namespace
{

struct Plugin {
    vane_self *self;
    const vane_host *host;
} here;

int init(vane_self *self, const vane_host *host)
{
    here = {self, host};
    const vane_field fields[] = {vane_string("word", "hello"), vane_bool("true", true)};
    const vane_fields payload = VANE_FIELDS(fields);
    auto hear = [](void *, const vane_event *event) {
        const char *word = "?";
        here.host->bus->get_string(here.host->bus->event_payload(event), "word", &word);
        return here.host->log->print(here.self, VANE_LOG_NOTICE, "hears %s", word);
    };
    int r = host->bus->subscribe(self, "cxx.*", nullptr, hear, nullptr, nullptr);
    return r < 0 ? r : host->bus->publish(self, "cxx.said", &payload, nullptr, nullptr);
}

const vane_plugin plugin = {
    VANE_PLUGIN_HEAD(PLUGIN_NAME, "1.0"),
    .description = "Test plugin",
    .licence = "MIT",
    .init = init,
};

} // namespace

VANE_PLUGIN(plugin)
