// Libraries: luxon and jmespath, made ready to be shared by all evaluations of a context.

const { DateTime, Duration, Interval } = luxon;

// luxon keeps these two for ever; a mark left on one would be seen by the next evaluation.
function freezeSingletons() {
  Object.freeze(luxon.FixedOffsetZone.utcInstance);
  Object.freeze(luxon.SystemZone.instance);
}
