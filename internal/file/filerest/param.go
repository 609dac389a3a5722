package filerest

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"regexp"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/rest"
)

// sent is a file in a parameter: api-reference/files/how-to-upload-files.md. It is a list of a name and Base64, or Base64 alone.
type sent struct {
	name    string
	content string
}

// readSent reads the parameter fileContent; false where there is none.
func readSent(v phpform.Value) (sent, bool) {
	if !v.IsArray() {
		return sent{content: v.Text()}, v.Text() != ""
	}
	switch v.Len() {
	case 0:
		return sent{}, false
	case 1:
		return sent{content: v.Index(0).Text()}, true
	}
	return sent{v.Index(0).Text(), v.Index(1).Text()}, true
}

// errBase64 is returned for a content that is no Base64.
var errBase64 = errors.New("not Base64")

// receive decodes and stores what was sent.
func (h handlers) receive(ctx context.Context, s sent) (file.Content, error) {
	text := s.content
	if strings.Contains(text, " ") { // a form whose "+" were not escaped
		text = strings.ReplaceAll(text, " ", "+")
	}
	c, err := h.files.Receive(ctx, base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	if corrupt := base64.CorruptInputError(0); errors.As(err, &corrupt) || errors.Is(err, io.ErrUnexpectedEOF) {
		return c, errBase64
	}
	return c, err
}

// unsaved returns fault f where a file could not be stored for a reason that the client can mend.
func unsaved(err error, f *fault.Fault) error {
	if errors.Is(err, errBase64) || errors.Is(err, file.ErrTooLarge) || errors.Is(err, file.ErrNoSpace) {
		return f.Because(err)
	}
	return err
}

// tasks are the levels of access with the numbers by which clients give them: api-reference/disk/rights/disk-rights-get-tasks.md.
var tasks = []struct {
	id          int64
	name, title string
	right       file.Right
}{
	{79, "disk_access_full", "Full Access", file.Full},
	{75, "disk_access_edit", "Editing", file.Edit},
	{73, "disk_access_add", "Adding", file.Add},
	{71, "disk_access_read", "Reading", file.Read},
}

var accessCode = regexp.MustCompile(`^(U[1-9][0-9]{0,17}|DR?[1-9][0-9]{0,17}|\*)$`)

// readRights reads the parameter rights: a list of {"TASK_ID": 71, "ACCESS_CODE": "U5"}.
func readRights(v phpform.Value) ([]file.Given, error) {
	if v.Empty() {
		return nil, nil
	}
	if !v.IsArray() || v.Len() > maxRights {
		return nil, errRights
	}
	var out []file.Given
	for _, e := range v.Entries() {
		task, _ := e.Value.GetFold("TASK_ID")
		code, _ := e.Value.GetFold("ACCESS_CODE")
		id, ok := task.Int()
		if !ok || !accessCode.MatchString(code.Text()) {
			return nil, errRights
		}
		g := file.Given{Code: code.Text()}
		for _, t := range tasks {
			if t.id == id {
				g.Right = t.right
			}
		}
		if g.Right == file.None {
			return nil, errRights
		}
		out = append(out, g)
	}
	return out, nil
}

// maxRights is how many rights are given at once.
const maxRights = 100

// query reads filter, order and start.
func query(view *record.View, c *rest.Call, p listParams) (q record.Query, err error) {
	r := record.Reader{View: view, Zone: c.Start.Location()}
	if q.Filter, err = r.Filter(p.Filter); err != nil {
		return q, err
	}
	if q.Order, err = r.Order(p.Order); err != nil {
		return q, err
	}
	q.Start(p.Start)
	return q, nil
}

// listParams are the parameters of the lists.
type listParams struct {
	ID     int64         `b24:"id,needed"`
	Filter phpform.Value `b24:"filter"`
	Order  phpform.Value `b24:"order"`
	Start  int64         `b24:"start"`
}

// idParams are the parameters of methods that take a number.
type idParams struct {
	ID int64 `b24:"id,needed"`
}

// nameOf returns the field NAME of the parameter data.
func nameOf(data phpform.Value) string {
	v, _ := data.GetFold("NAME")
	if v.IsArray() {
		return ""
	}
	return strings.TrimSpace(v.Text())
}
