#include "cli/instance_table.h"

#include <fmt/format.h>

#include "cli/state_paint.h"

namespace hearth::cli {
namespace {

std::string last_exit_of(const InstanceView& instance) {
  if (!instance.exit_code) return "";
  return fmt::format("{}{}", *instance.exit_code, instance.out_of_memory ? " (memory)" : "");
}

/// Nothing if its node does not judge it.
Table::Cell health_cell(const InstanceView& instance) {
  return state_cell(instance.health == "unknown" ? "" : instance.health);
}

}  // namespace

std::string short_container(const InstanceView& instance) {
  return instance.container.substr(0, 12);
}

Table instance_table(const std::vector<InstanceView>& instances, WallTime now) {
  using enum Table::Column::Align;
  Table table({{"INSTANCE"},
               {"NODE"},
               {"ADDRESS"},
               {"STATE"},
               {"HEALTH"},
               {"CONTAINER"},
               {"RESTARTS", kRight},
               {"LAST EXIT"},
               {"SINCE"},
               {"REASON"}});
  for (const InstanceView& instance : instances) {
    table.add({instance.id, instance.node, instance.address, state_cell(instance.state),
               health_cell(instance), short_container(instance), std::to_string(instance.restarts),
               last_exit_of(instance),
               instance.changed_at ? show_age(*instance.changed_at, now) : "",
               instance.reason.empty() ? instance.health_reason : instance.reason});
  }
  return table;
}

void write_instances(JsonWriter& out, const std::vector<InstanceView>& instances) {
  out.begin_list();
  for (const InstanceView& instance : instances) {
    out.begin_object()
        .field("id", instance.id)
        .field("node", instance.node)
        .field("address", instance.address)
        .field("state", instance.state)
        .field("container", instance.container)
        .end_object();
  }
  out.end_list();
}

}  // namespace hearth::cli
