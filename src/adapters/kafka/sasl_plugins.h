#pragma once

namespace hearth::kafka {

/// Keeps the plugins of Cyrus SASL, and Berkeley DB with them, out of this process: 0.2 MiB.
///
/// librdkafka initializes Cyrus SASL in every process, and with that loads all of its plugins. It
/// needs them for GSSAPI (Kerberos) only: PLAIN, SCRAM and OAUTHBEARER are its own, and TLS has
/// nothing to do with them. Who needs GSSAPI names the folder of the plugins in SASL_PATH, which
/// stays as it is if it is set.
///
/// To be called before there are threads, and before anything else of this module: it sets
/// SASL_PATH of the process, which the processes it starts inherit.
void leave_out_sasl_plugins();

}  // namespace hearth::kafka
