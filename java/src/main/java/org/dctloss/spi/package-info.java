/**
 * The seam between the API and the backends: a plan of numbers goes in, a session comes out.
 *
 * <p>Everything a user can get wrong is checked before this line; a backend never sees bad input. Arrows: API classes
 * that only hold values (views, weights, penalties, enums) &lt;- this package &lt;- backends, and {@code DctLoss} and
 * {@code BlockDct} on top of it. Nothing here knows a backend by name.
 */
package org.dctloss.spi;
