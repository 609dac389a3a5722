package phpform_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"

	"github.com/portico-hq/portico/internal/phpform"
)

func TestScalars(t *testing.T) {
	t.Parallel()
	const none = int64(-99)
	for _, c := range []struct {
		value         phpform.Value
		text          string
		whole         int64 // none where Int reports false
		float         string
		truthy, empty bool
	}{
		{phpform.NullValue(), "", none, "no", false, true},
		{phpform.BoolOf(true), "1", none, "no", true, false},
		{phpform.BoolOf(false), "", none, "no", false, true},
		{phpform.StringOf(""), "", none, "no", false, true},
		{phpform.StringOf("0"), "0", 0, "0", false, true},
		{phpform.StringOf("0.0"), "0.0", none, "0", false, false},
		{phpform.StringOf("1"), "1", 1, "1", true, false},
		{phpform.StringOf("+12"), "+12", 12, "12", false, false},
		{phpform.StringOf("-012"), "-012", -12, "-12", false, false},
		{phpform.StringOf("1e3"), "1e3", none, "1000", false, false},
		{phpform.StringOf("-12.50"), "-12.50", none, "-12.5", false, false},
		{phpform.StringOf("12abc"), "12abc", none, "no", false, false},
		{phpform.StringOf(" 12"), " 12", none, "no", false, false},
		{phpform.StringOf("1_0"), "1_0", none, "no", false, false},
		{phpform.StringOf("0x10"), "0x10", none, "no", false, false},
		{phpform.StringOf("inf"), "inf", none, "no", false, false},
		{phpform.StringOf("9223372036854775808"), "9223372036854775808", none, "9.223372036854776e+18", false, false},
		{phpform.StringOf("Y"), "Y", none, "no", true, false},
		{phpform.StringOf("y"), "y", none, "no", true, false},
		{phpform.StringOf("True"), "True", none, "no", true, false},
		{phpform.StringOf("yes"), "yes", none, "no", false, false},
		{phpform.IntOf(-5), "-5", -5, "-5", false, false},
		{phpform.NumberOf("1"), "1", 1, "1", true, false},
		{phpform.NumberOf("1.0"), "1", 1, "1", true, false},
		{phpform.NumberOf("2.50"), "2.5", none, "2.5", false, false},
		{phpform.NumberOf("1e2"), "100", 100, "100", false, false},
		{phpform.NumberOf("1e20"), "1.0E+20", none, "1e+20", false, false},
		{phpform.NumberOf("0.0"), "0", 0, "0", false, true},
		{phpform.NumberOf("0"), "0", 0, "0", false, true},
		{phpform.ListOf(), "", none, "no", false, true},
		{phpform.ListOf(phpform.StringOf("1")), "", none, "no", false, false},
	} {
		whole, ok := c.value.Int()
		if !ok {
			whole = none
		}
		float := "no"
		if f, ok := c.value.Float(); ok {
			float = fmt.Sprint(f)
		}
		if c.value.Text() != c.text || whole != c.whole || float != c.float ||
			c.value.Truthy() != c.truthy || c.value.Empty() != c.empty {
			t.Errorf("%s: text %q, int %d, float %s, truthy %v, empty %v; expected %+v", asJSON(c.value),
				c.value.Text(), whole, float, c.value.Truthy(), c.value.Empty(), c)
		}
	}
}

func TestArrays(t *testing.T) {
	t.Parallel()
	s := phpform.StringOf
	v := phpform.ArrayOf(
		phpform.Entry{Key: "id", Value: s("low")}, phpform.Entry{Key: "Name", Value: s("n")},
		phpform.Entry{Key: "ID", Value: s("high")}, phpform.Entry{Key: "id", Value: s("later")},
	)
	if got := asJSON(v); got != `{"id":"later","Name":"n","ID":"high"}` {
		t.Errorf("entries with one key became %s", got)
	}
	exact, _ := v.GetFold("ID")
	folded, _ := v.GetFold("NAME")
	if exact.Text() != "high" || folded.Text() != "n" {
		t.Errorf("GetFold gave %q and %q", exact.Text(), folded.Text())
	}
	if _, ok := v.Get("name"); ok {
		t.Error("Get took a key in another case")
	}
	if _, ok := s("text").GetFold("id"); ok {
		t.Error("a string has a key")
	}
	if v.Index(2).Text() != "high" || !v.Index(3).IsNull() || !v.Index(-1).IsNull() || v.Len() != 3 {
		t.Error("Index or Len is wrong")
	}
	list := phpform.ArrayOf(phpform.Entry{Key: "0", Value: s("a")}, phpform.Entry{Key: "1", Value: s("b")})
	if !list.IsList() || list.Kind() != phpform.Array {
		t.Error("the keys 0 and 1 are no list")
	}
	if _, ok := list.Get("01"); ok {
		t.Error("a list has the key 01")
	}
}

func TestBuilder(t *testing.T) {
	t.Parallel()
	var b phpform.Builder
	b.Append(phpform.IntOf(1)).Append(phpform.IntOf(2)).Set("0", phpform.IntOf(9))
	first := b.Value()
	b.Set("x", phpform.BoolOf(false)).Set("7", phpform.NullValue()).Append(first)
	second := b.Value()
	if asJSON(first) != `[9,2]` || asJSON(second) != `{"x":false,"7":null,"8":[9,2]}` || asJSON(b.Value()) != `[]` {
		t.Errorf("built %s and %s", asJSON(first), asJSON(second))
	}
}

// TestLargeArrays checks that keys are found on both sides of the size from which an array has an index.
func TestLargeArrays(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"0", "k"} {
		var b phpform.Builder
		b.Set(first, phpform.StringOf("first"))
		for i := 1; i < 100; i++ {
			b.Set(strconv.Itoa(i), phpform.IntOf(int64(i)))
		}
		b.Set("last", phpform.NullValue()).Set("50", phpform.StringOf("changed"))
		v := b.Value()
		if v.Len() != 101 || v.Index(50).Text() != "changed" {
			t.Fatalf("after %q: %s", first, asJSON(v))
		}
		checkKeys(t, v)
	}
}

func TestJSONOut(t *testing.T) {
	t.Parallel()
	v := phpform.ListOf(phpform.StringOf("<a href=\"\\\">&\n\r\t\x01\u2028é\xff🙂"), phpform.NumberOf("1.50"),
		phpform.NumberOf("NaN"), phpform.NumberOf("01"), phpform.NullValue(), phpform.BoolOf(true), phpform.ListOf(), phpform.ArrayOf())
	const want = `["<a href=\"\\\">&\n\r\t\u0001\u2028é\ufffd🙂",1.50,"NaN","01",null,true,[],[]]`
	if got := asJSON(v); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	type answer struct {
		Result phpform.Value `json:"result"`
	}
	raw, err := json.Marshal(answer{parseJSON(t, `{"b":1.0,"a":[{}]}`)})
	if err != nil || string(raw) != `{"result":{"b":1.0,"a":[[]]}}` {
		t.Errorf("marshalled %s, %v", raw, err)
	}
	var back answer
	if err := json.Unmarshal(raw, &back); err != nil || asJSON(back.Result) != `{"b":1.0,"a":[[]]}` {
		t.Errorf("unmarshalled %s, %v", asJSON(back.Result), err)
	}
}
