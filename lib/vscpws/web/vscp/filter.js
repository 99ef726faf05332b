// A filter of ws2's SETFILTER. A mask's bit of 1 means that the filter's must equal the event's.

const NONE = "-"; // as GUID: all zero

/**
 * @typedef {object} Filter
 * @property {number} [priority]
 * @property {number} [class]
 * @property {number} [type]
 * @property {string} [guid]
 * @property {number} [maskPriority] 0-7
 * @property {number} [maskClass] 0-0xFFFF
 * @property {number} [maskType] 0-0xFFFF
 * @property {string} [maskGuid]
 */

/** The command's arguments. @param {Filter} filter */
export function filterArgs({ priority = 0, class: eventClass = 0, type = 0, guid = NONE,
  maskPriority = 0, maskClass = 0, maskType = 0, maskGuid = NONE }) {
  return {
    filter_priority: priority, filter_class: eventClass, filter_type: type, filter_guid: guid,
    mask_priority: maskPriority, mask_class: maskClass, mask_type: maskType, mask_guid: maskGuid,
  };
}
