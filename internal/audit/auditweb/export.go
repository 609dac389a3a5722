package auditweb

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/web"
)

// export sends the entries that the filters let through, the newest first, as CSV or as a JSON object in each line.
func (h pages) export(ctx context.Context, r *web.Request) (web.Result, error) {
	q, err := filtersOf(r).query(r.Viewer.Zone())
	if err != nil {
		return nil, err
	}
	name := "audit-log-" + r.Now.In(r.Viewer.Zone()).Format(time.DateOnly)
	switch r.FormValue("format") {
	case "csv":
		return web.Download{Name: name + ".csv", Type: "text/csv; charset=utf-8", Write: func(w io.Writer) error {
			return h.writeCSV(ctx, w, q)
		}}, nil
	case "jsonl":
		return web.Download{Name: name + ".jsonl", Type: "application/jsonl", Write: func(w io.Writer) error {
			return h.writeJSONL(ctx, w, q)
		}}, nil
	}
	return nil, fault.New(fault.Invalid, "INVALID_FORMAT", "Export as csv or jsonl.").At("format")
}

func (h pages) writeCSV(ctx context.Context, w io.Writer, q audit.Query) error {
	out := csv.NewWriter(w)
	err := out.Write([]string{
		"id", "time", "severity", "type", "module", "item", "user_id", "address", "user_agent", "request", "description",
	})
	if err != nil {
		return err
	}
	err = h.Log.Each(ctx, q, func(r audit.Row) error {
		return out.Write([]string{
			strconv.FormatInt(r.ID, 10), r.At.UTC().Format(time.RFC3339Nano), string(r.Severity), r.Type, r.Module, web.Cell(r.Item),
			strconv.FormatInt(r.UserID, 10), web.Cell(r.Addr), web.Cell(r.Agent), web.Cell(r.URI), web.Cell(r.Description),
		})
	})
	if err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

// exported is an entry in a line of JSON.
type exported struct {
	ID          int64          `json:"id"`
	Time        time.Time      `json:"time"`
	Severity    audit.Severity `json:"severity"`
	Type        string         `json:"type"`
	Module      string         `json:"module"`
	Item        string         `json:"item"`
	UserID      int64          `json:"user_id"`
	Address     string         `json:"address"`
	UserAgent   string         `json:"user_agent"`
	Request     string         `json:"request"`
	Description string         `json:"description"`
}

func (h pages) writeJSONL(ctx context.Context, w io.Writer, q audit.Query) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	return h.Log.Each(ctx, q, func(r audit.Row) error {
		return out.Encode(exported{
			r.ID, r.At.UTC(), r.Severity, r.Type, r.Module, r.Item, r.UserID, r.Addr, r.Agent, r.URI, r.Description,
		})
	})
}
