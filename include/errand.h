/* Errand: background jobs for C. This header brings the whole public interface. */
#ifndef ERRAND_H
#define ERRAND_H

#include <errand/application.h>
#include <errand/context.h>
#include <errand/dashboard.h>
#include <errand/html.h>
#include <errand/job.h>
#include <errand/mail.h>
#include <errand/record.h>
#include <errand/table.h>
#include <errand/value.h>

#define ERRAND_VERSION "0.1.0"

#endif
