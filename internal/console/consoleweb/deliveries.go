package consoleweb

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// deliveryRow makes a row of a delivery.
func deliveryRow(d event.Sending, n names) row {
	out := row{
		Key: "d" + strconv.FormatInt(d.ID, 10), URL: deliveryURL(d.ID), Icon: "webhook", At: d.Created, Title: d.Event, Source: n.lane(d.Lane),
		Person: n.person(d.UserID), id: d.ID,
	}
	out.Status, out.Tone = deliveryState(d)
	if d.Attempts > 0 {
		out.Took = took(d.Took)
	}
	if d.ReplayOf != 0 {
		out.Note = "sent again"
	}
	return out
}

// deliveryState says what has become of a delivery, and its colour.
func deliveryState(d event.Sending) (text, tone string) {
	switch {
	case d.State == event.Sent:
		return strconv.Itoa(d.Status), "success"
	case d.State == event.Dead:
		return "put aside", "danger"
	case d.Attempts > 0:
		return fmt.Sprintf("failed %d×", d.Attempts), "warning"
	}
	return "waiting", "neutral"
}

func deliveryURL(id int64) string {
	return "/devops/console/delivery/" + strconv.FormatInt(id, 10) + "/"
}

// lane says whose a handler is.
func (n names) lane(l event.LaneRef) string {
	switch {
	case l.AppID != 0:
		return nameOr(n.apps[l.AppID], "Application ", l.AppID)
	case l.HookID != 0:
		return "Outbound webhook " + strconv.FormatInt(l.HookID, 10)
	}
	return "Bot of a webhook"
}

// deliveryQuery returns which deliveries the filter of the timeline means; ok is false where it asks for what only calls
// have.
func deliveryQuery(f console.Filter) (q event.DeliveryQuery, ok bool) {
	if f.WebhookID != 0 || f.UserID != 0 || f.Kind != 0 || f.Error != "" || f.Slow != 0 || f.RequestID != "" || f.MadeID != 0 || f.Status > 2 {
		return q, false
	}
	if f.Method != "" && !strings.HasPrefix(strings.ToUpper(f.Method), "ON") {
		return q, false
	}
	q = event.DeliveryQuery{Event: f.Method, AppID: f.AppID, Text: f.Text, From: f.From, To: f.Until}
	if f.Status == 2 {
		q.State = new(event.Sent)
	}
	if f.Failed {
		q.State = new(event.Dead)
	}
	return q, true
}

// deliveryForm is the filter of the deliveries.
type deliveryForm struct{ Text, Event, Source, State, Handler, From, Until string }

func (f *deliveryForm) fields() map[string]*string {
	return map[string]*string{
		"q": &f.Text, "event": &f.Event, "source": &f.Source, "state": &f.State, "handler": &f.Handler, "from": &f.From, "until": &f.Until,
	}
}

// FromIn and UntilIn say the moments as the viewer's clock does.
func (f deliveryForm) FromIn(v web.Viewer) string { return inWords(v, f.From) }

// UntilIn is FromIn of the end.
func (f deliveryForm) UntilIn(v web.Viewer) string { return inWords(v, f.Until) }

// query returns the filter, and what is wrong with each field that cannot be read.
func (f deliveryForm) query(zone *time.Location) (event.DeliveryQuery, map[string]string) {
	times, errs := form{Source: f.Source, From: f.From, Until: f.Until}.filter(zone)
	q := event.DeliveryQuery{Text: f.Text, Event: f.Event, AppID: times.AppID, From: times.From, To: times.Until, Limit: pageSize}
	if id, err := strconv.ParseInt(f.Handler, 10, 64); err == nil {
		q.LaneID = id
	}
	if s, ok := event.ParseState(f.State); ok {
		q.State = &s
	}
	return q, errs
}

var stateOptions = []ui.Option{
	{Value: "", Title: "Any state"},
	{Value: "pending", Title: "Waiting"},
	{Value: "sent", Title: "Taken"},
	{Value: "dead", Title: "Put aside"},
}

// deliveriesView is the list of deliveries.
type deliveriesView struct {
	Form    deliveryForm
	Hidden  map[string]string // the filter, for a form
	Errors  map[string]string
	Sources []ui.Option
	States  []ui.Option
	Events  []string
	Rows    []deliveryLine
	Older   string
	Totals  event.Totals
	Manage  bool // the viewer may send deliveries again
	Empty   bool // nothing is filtered
}

// deliveryLine is a row with what only the list of deliveries shows.
type deliveryLine struct {
	row

	ID  int64
	To  string // the handler's address
	Try string
}

func (h pages) deliveries(ctx context.Context, r *web.Request) (web.Page, error) {
	f, values := deliveryForm{}, url.Values{}
	for name, value := range f.fields() {
		if *value = strings.TrimSpace(r.URL.Query().Get(name)); *value != "" {
			values.Set(name, *value)
		}
	}
	q, errs := f.query(r.Viewer.Zone())
	q.Before = r.Int("before", 0)
	list, err := h.Events.Deliveries(ctx, q)
	if err != nil {
		return web.Page{}, err
	}
	n, err := h.names(ctx, r, nil)
	if err != nil {
		return web.Page{}, err
	}
	v := deliveriesView{
		Form: f, Hidden: map[string]string{}, Errors: errs, Sources: sourceOptions(names{apps: n.apps})[:len(n.apps)+1], States: stateOptions,
		Manage: r.Viewer.Admin, Empty: len(values) == 0,
	}
	for name := range values {
		v.Hidden[name] = values.Get(name)
	}
	for _, d := range list.Items {
		line := deliveryLine{row: deliveryRow(d, n), ID: d.ID, To: d.Lane.URL, Try: tries(d)}
		line.Old = line.At.In(r.Viewer.Zone()).Format(time.DateOnly) != r.Now.In(r.Viewer.Zone()).Format(time.DateOnly)
		v.Rows = append(v.Rows, line)
	}
	if list.Next != 0 {
		values.Set("before", strconv.FormatInt(list.Next, 10))
		v.Older = DeliveriesURL + "?" + values.Encode()
	}
	for _, def := range h.Events.Catalog() {
		v.Events = append(v.Events, def.Name)
	}
	v.Totals, err = h.Events.Totals(ctx)
	p := devops.Page("Console", "deliveries", v)
	p.Tabs = Tabs(DeliveriesURL, r.Viewer)
	return p, err
}

// tries says how often a delivery was tried.
func tries(d event.Sending) string {
	switch n := d.Attempts; {
	case d.State == event.Pending && n > 0:
		return "" // the state says it
	case n == 0:
		return "not tried"
	case n == 1:
		return "1 attempt"
	default:
		return strconv.FormatInt(n, 10) + " attempts"
	}
}

// deliveryView is what the details of a delivery show.
type deliveryView struct {
	D        event.DeliveryDetails
	Row      row
	Data     string
	Attempts []attemptView
	Waits    string // why it is not sent now
	Repeated []row
	Calls    []row // what the application called afterwards
	Why      string
	Manage   bool
}

type attemptView struct {
	event.Attempt

	Tone, State, Took, Body string
}

func (h pages) delivery(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := r.PathID("id")
	if err != nil {
		return web.Page{}, err
	}
	d, err := h.Events.Delivery(ctx, id)
	if err != nil {
		return web.Page{}, err
	}
	after, err := h.callsAfter(ctx, r, d.Sending)
	if err != nil {
		return web.Page{}, err
	}
	n, err := h.names(ctx, r, append(usersOf(linesOf(after)), d.UserID, d.BotID))
	if err != nil {
		return web.Page{}, err
	}
	v := deliveryView{
		D: d, Row: deliveryRow(d.Sending, n), Data: indented(phpform.AppendJSON(nil, d.Data)), Waits: waits(d, r.Now), Manage: r.Viewer.Admin,
	}
	for _, a := range d.Log {
		v.Attempts = append(v.Attempts, viewOf(a))
	}
	for _, s := range d.Repeated {
		v.Repeated = append(v.Repeated, deliveryRow(s, n))
	}
	for _, c := range after {
		v.Calls = append(v.Calls, callRow(c, n))
	}
	if m := messageOf(d.Data); m != 0 && d.BotID != 0 {
		v.Why = whyURL(m, d.BotID)
	}
	return devops.Slider(d.Event, "delivery", DeliveriesURL, v), nil
}

func viewOf(a event.Attempt) attemptView {
	v := attemptView{Attempt: a, Tone: "success", Took: took(a.Took), State: strconv.Itoa(a.Status), Body: strings.ReplaceAll(a.Body, "&", "\n&")}
	if !a.OK() {
		v.Tone = "danger"
	}
	if a.Status == 0 {
		v.State = "no answer"
	}
	return v
}

// waits says why a delivery is not sent now; empty when it was, or is under way.
func waits(d event.DeliveryDetails, now time.Time) string {
	l := d.Handler
	switch {
	case d.State == event.Dead:
		return "It failed too often and was put aside. The deliveries behind it go on."
	case d.State != event.Pending:
		return ""
	case l.Paused != nil && l.Paused.Failed:
		return "The handler failed for so long that it was paused. It is tried again now and then."
	case l.Paused != nil:
		return "Somebody paused the handler. What is for it waits until it is resumed."
	case l.NextAt.After(now):
		return "The handler failed; the next attempt is in " + l.NextAt.Sub(now).Round(time.Second).String() + "."
	case l.Waiting > 1:
		return fmt.Sprintf("Deliveries to a handler go one after another: %d wait for this one's handler.", l.Waiting)
	}
	return ""
}

// afterwards is how long after a delivery calls are taken to be because of it.
const afterwards = 2 * time.Minute

// callsAfter returns what the application of a delivery called while and after it was sent.
func (h pages) callsAfter(ctx context.Context, r *web.Request, d event.Sending) ([]console.Call, error) {
	if d.LastAt.IsZero() || d.Lane.AppID == 0 {
		return nil, nil
	}
	return h.Log.CallsFrom(ctx, r.Viewer.Ref(), console.Filter{AppID: d.Lane.AppID, From: d.LastAt, Until: d.LastAt.Add(d.Took + afterwards)}, 20)
}

// messageOf returns the message that the data of a bot's event are about; 0 for none.
func messageOf(data phpform.Value) int64 {
	params, _ := data.Get("PARAMS")
	v, _ := params.Get("MESSAGE_ID")
	id, _ := v.Int()
	return id
}

// resend is the form in which a delivery is edited.
type resendView struct {
	ID               int64
	URL, Event, Data string
	Errors           map[string]string
	Catalog          []string
}

func (h pages) editDelivery(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := r.PathID("id")
	if err != nil {
		return web.Page{}, err
	}
	d, err := h.Events.Delivery(ctx, id)
	if err != nil {
		return web.Page{}, err
	}
	data, err := h.Events.DataOf(ctx, r.Viewer.Ref(), id)
	return h.resendPage(resendView{ID: id, URL: d.Lane.URL, Event: d.Event, Data: indented(phpform.AppendJSON(nil, data))}), err
}

func (h pages) resendPage(v resendView) web.Page {
	for _, def := range h.Events.Catalog() {
		v.Catalog = append(v.Catalog, def.Name)
	}
	return devops.Slider("Edit and resend", "resend", DeliveriesURL, v)
}

var errData = fault.New(fault.Invalid, "BROKEN_JSON", "This is no JSON.").At("data")

func (h pages) resend(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	v := resendView{ID: id, URL: r.FormValue("url"), Event: r.FormValue("event"), Data: r.FormValue("data")}
	made := int64(0)
	data, err := phpform.ParseJSON([]byte(v.Data), phpform.Limits{})
	if err != nil {
		err = errData.Because(err)
	} else {
		made, err = h.Events.Resend(ctx, r.Viewer.Ref(), event.Edited{ID: id, URL: v.URL, Name: v.Event, Data: &data})
	}
	if errs := web.FieldErrors(err); errs != nil && !r.Fetched() {
		v.Errors = errs
		p := h.resendPage(v)
		p.Status = http.StatusUnprocessableEntity
		return p, nil
	}
	return web.Redirect{To: deliveryURL(made), Toast: "Sent"}, err
}

// retry puts a delivery back that was put aside, or ends its wait.
func (h pages) retry(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: deliveryURL(id), Toast: "It is sent now"}, h.Events.Retry(ctx, r.Viewer.Ref(), id)
}

// replayDeliveries sends the chosen deliveries once more.
func (h pages) replayDeliveries(ctx context.Context, r *web.Request) (web.Result, error) {
	var ids []int64
	for _, text := range r.Form["id"] {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, event.ErrNoDelivery
		}
		ids = append(ids, id)
	}
	slices.Sort(ids) // as they came about
	made, err := h.Events.Replay(ctx, r.Viewer.Ref(), slices.Compact(ids)...)
	if err != nil {
		return nil, err
	}
	to, toast := DeliveriesURL, fmt.Sprintf("%d deliveries are sent again", len(made))
	switch {
	case len(made) == 0:
		toast = "Choose deliveries first"
	case len(made) == 1:
		to, toast = deliveryURL(made[0]), "It is sent again"
	}
	return web.Redirect{To: to, Toast: toast}, nil
}

// retryAll puts back everything that was put aside and that the filter describes.
func (h pages) retryAll(ctx context.Context, r *web.Request) (web.Result, error) {
	var f deliveryForm
	for name, value := range f.fields() {
		*value = strings.TrimSpace(r.FormValue(name))
	}
	q, errs := f.query(r.Viewer.Zone())
	for field, text := range errs {
		return nil, fault.New(fault.Invalid, "INVALID_FIELD", text).At(field)
	}
	if q.Text != "" {
		return nil, fault.New(fault.Invalid, "TEXT_FILTER", "Deliveries cannot be put back by their words. Choose them by event, source or time.").At("q")
	}
	n, err := h.Events.RetryAll(ctx, r.Viewer.Ref(), q)
	return web.Redirect{To: DeliveriesURL, Toast: fmt.Sprintf("%d deliveries are sent again", n)}, err
}
