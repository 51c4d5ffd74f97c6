#include "shell/manager/manager_shell.h"
