// Numbers of the protocol that several modules need.

/** As zone or subzone: meant for all of them. */
export const ALL_ZONES = 255;
/** Up to here the classes of Level I; those from here to 1023 carry the same over Level II. */
export const LEVEL1_CLASSES = 512;
/** The first class that only Level II has. */
export const LEVEL2 = 1024;
/** Bytes of a GUID; in classes 512-1023 that of the destination's interface begins the data. */
export const GUID_BYTES = 16;
/** Bytes of a field of an event's data, by its type in the catalog. */
export const FIELD_SIZES = Object.freeze({ byte: 1, uint16: 2, uint32: 4, single: 4 });
/** Of an event whose sender doesn't say: 0 is the highest, 7 the lowest. */
export const PRIORITY = 3;
/** The vscpkey of published samples. */
export const PUBLISHED_KEY = "2DBB079A38985AF00EBEEFE22F9FFA0E";

/** @param {number} head @returns {number} the priority in it */
export function priorityOf(head) {
  return head >> 5 & 7;
}

/** @param {number} priority @returns {number} the head of an event that has nothing but it */
export function headOf(priority) {
  return priority << 5;
}
