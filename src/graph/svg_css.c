/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/graph.h"
#include "graph/svg.h"

#define DARK \
	"--back:var(--sg-back,#0d1117);--panel:var(--sg-panel,#151b23);" \
	"--card:var(--sg-box,#1c232d);--ink:var(--sg-text,#e6edf3);" \
	"--dim:var(--sg-dim,#9aa4b0);--wire:var(--sg-line,#7d8894);" \
	"--rim:var(--sg-rim,#3a434e);--blue:#58a6ff;--green:#4ac26b;" \
	"--amber:#d8a13a;--plum:#bc8cff;--red:#ff7b72;--teal:#39c5cf;"

#define LIGHT \
	"--back:var(--sg-back,#fff);--panel:var(--sg-panel,#f6f8fa);" \
	"--card:var(--sg-box,#fff);--ink:var(--sg-text,#1f2328);" \
	"--dim:var(--sg-dim,#57606a);--wire:var(--sg-line,#7a8490);" \
	"--rim:var(--sg-rim,#c9d1d9);--blue:#0969da;--green:#1a7f37;" \
	"--amber:#8a5a00;--plum:#7a3ec8;--red:#c4232e;--teal:#0b7285;"

#define MONO \
	"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono'," \
	"'Liberation Mono',monospace"

/* White paper is white whatever the reader's screen is. */
const char svg_css[] =
    ".subo-graph{" LIGHT "--hue:var(--wire);background:var(--back)}\n"
    "@media screen and (prefers-color-scheme:dark){.subo-graph{" DARK "}}\n"
    /* A page may have other uses for these classes. */
    ".subo-graph g{display:inline}\n"
    ".subo-graph text{font-family:" MONO ";fill:var(--ink)}\n"
    ".subo-graph .app{font-family:system-ui,-apple-system,'Segoe UI',"
    "sans-serif;font-size:17px;font-weight:600}\n"
    ".subo-graph .note{font-family:system-ui,-apple-system,'Segoe UI',"
    "sans-serif;font-size:12px;font-weight:400;fill:var(--dim)}\n"
    ".subo-graph .paper{fill:var(--back)}\n"
    ".subo-graph .panel{fill:var(--panel)}\n"
    ".subo-graph .name{font-size:13px;font-weight:600}\n"
    ".subo-graph .kind{font-size:12px;fill:var(--dim)}\n"
    ".subo-graph .mark{font-size:11px;fill:var(--dim)}\n"
    ".subo-graph .icon{fill:none;stroke:var(--dim);stroke-width:1.3;"
    "stroke-linecap:round;stroke-linejoin:round}\n"
    ".subo-graph .box,.subo-graph .card{fill:var(--card);stroke:var(--rim);"
    "stroke-width:1.2}\n"
    ".subo-graph "
    ".group>.box{fill:none;stroke:var(--wire);stroke-width:1;stroke-dasharray:"
    "2 3}\n"
    ".subo-graph .when>.box,.subo-graph .when>a>.box{stroke:var(--amber);"
    "stroke-dasharray:5 3}\n"
    ".subo-graph .goto>.box{fill:none}\n"
    ".subo-graph .answer>.box{stroke:var(--wire)}\n"
    ".subo-graph .rail{fill:none;stroke:var(--rim);stroke-width:1.2}\n"
    ".subo-graph .call .name{fill:var(--blue)}\n"
    ".subo-graph .line{fill:none;stroke:var(--wire);stroke-width:1.5}\n"
    ".subo-graph .tip{fill:var(--wire)}\n"
    ".subo-graph .back .line,.subo-graph .repeat .line{"
    "stroke-dasharray:5 3}\n"
    ".subo-graph .plate{fill:var(--panel)}\n"
    ".subo-graph .trigger>.box{fill:var(--hue);fill-opacity:.1;"
    "stroke:var(--hue)}\n"
    ".subo-graph .trigger>.kind{fill:var(--hue);font-weight:700}\n"
    ".subo-graph .get{--hue:var(--blue)}\n"
    ".subo-graph .post{--hue:var(--green)}\n"
    ".subo-graph .put,.subo-graph .patch{--hue:var(--amber)}\n"
    ".subo-graph .delete{--hue:var(--red)}\n"
    ".subo-graph .websocket,.subo-graph .nats,.subo-graph .kafka{"
    "--hue:var(--teal)}\n"
    ".subo-graph .schedule{--hue:var(--plum)}\n"
    "@media print{.subo-graph{background:none}.subo-graph .panel,"
    ".subo-graph .plate{fill:#fff}"
    ".subo-graph .panel{stroke:#c9d1d9}.subo-graph .flow{"
    "break-inside:avoid}}\n";

const char *
graph_css(void)
{
	return svg_css;
}
