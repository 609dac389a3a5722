package totp_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/totp"
)

var rfc = []byte("12345678901234567890") // the secret of RFC 6238, appendix B

func TestCodesAreThoseOfTheRFC(t *testing.T) {
	t.Parallel()
	for unix, want := range map[int64]string{ // the last six of the eight digits there
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := totp.Code(rfc, totp.Step(time.Unix(unix, 0))); got != want {
			t.Errorf("at %d: %s, want %s", unix, got, want)
		}
	}
}

func TestACodeCountsOnceAndNearItsTime(t *testing.T) {
	t.Parallel()
	now := time.Unix(1111111111, 0)
	step := totp.Step(now)
	for _, c := range []struct {
		typed string
		last  int64
		want  bool
	}{
		{"050471", 0, true},
		{" 050 471", 0, true},
		{totp.Code(rfc, step-1), 0, true},
		{totp.Code(rfc, step+1), 0, true},
		{totp.Code(rfc, step-2), 0, false},
		{totp.Code(rfc, step+2), 0, false},
		{"050471", step, false},
		{"050471", step - 1, true},
		{totp.Code(rfc, step-1), step, false},
		{totp.Code(rfc, step+1), step, true},
		{"", 0, false},
		{"05047", 0, false},
		{"0504711", 0, false},
		{"٠٥٠٤٧١", 0, false},
	} {
		if _, ok := totp.Check(rfc, c.typed, now, c.last); ok != c.want {
			t.Errorf("%q after %d: %v", c.typed, c.last, ok)
		}
	}
}

func TestTheSecretIsTypedOrScanned(t *testing.T) {
	t.Parallel()
	if got := totp.Text(rfc); got != "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ" {
		t.Error(got)
	}
	u, err := url.Parse(totp.URI(rfc, "North & Wind", "anna@example.com"))
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/North & Wind:anna@example.com" ||
		u.Query().Get("issuer") != "North & Wind" || u.Query().Get("secret") != "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" {
		t.Errorf("%v, %v", u, err)
	}
	if a, b := totp.NewSecret(), totp.NewSecret(); string(a) == string(b) || len(a) != totp.SecretSize {
		t.Error("secrets are not random")
	}
}

func FuzzCheck(f *testing.F) {
	for _, s := range []string{"050471", "", "05 04 71", "-1", "９９９９９９", "\x00\x01"} {
		f.Add(s)
	}
	now := time.Unix(1111111111, 0)
	f.Fuzz(func(t *testing.T, typed string) {
		step, ok := totp.Check(rfc, typed, now, 0)
		if ok && totp.Code(rfc, step) != totp.Clean(typed) {
			t.Errorf("%q is taken", typed)
		}
	})
}
