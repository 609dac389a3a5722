package rest_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

func TestUsageSaysWhoHasUsedHowMuch(t *testing.T) {
	t.Parallel()
	clk := clock.NewManual(time.Date(2026, 11, 26, 9, 0, 30, 0, time.UTC))
	r := rest.NewRegistry()
	r.Add(rest.M("test.slow", rest.Basic, rest.Everyone, "Takes two seconds.",
		func(context.Context, *rest.Call, rest.None) (bool, error) {
			clk.Advance(2 * time.Second)
			return true, nil
		}))
	h := rest.NewHandler(r, doors{}, clk, slog.New(slog.DiscardHandler), rest.WithLimits(rest.Limits{Operating: 8 * time.Minute}))
	hook := rest.Principal{Kind: rest.ByWebhook, UserID: 5, ClientID: "webhook.1"}
	for _, p := range []rest.Principal{hook, {Kind: rest.BySession, UserID: 4}, hook} {
		h.Execute(t.Context(), p, "", "test.slow", phpform.ListOf())
	}
	u := h.Usage()
	reset := time.Date(2026, 11, 26, 9, 10, 32, 0, time.UTC) // ten minutes after the first call ended
	want := []rest.MethodUse{
		{ClientID: "webhook.1", Method: "test.slow", Seconds: 4, ResetAt: reset}, {UserID: 4, Method: "test.slow", Seconds: 2, ResetAt: reset.Add(2 * time.Second)},
	}
	if len(u.Methods) != 2 || u.Methods[0] != want[0] || u.Methods[1] != want[1] || u.Limits.Operating != 8*time.Minute || u.Sources != nil {
		t.Errorf("usage %+v, want the methods %+v", u, want)
	}
	clk.Advance(11 * time.Minute)
	if u := h.Usage(); len(u.Methods) != 0 {
		t.Errorf("after ten minutes %+v", u.Methods)
	}
}
